"""Code generator of the `generated` engine: from a .tflite model to C with a static memory plan."""

from __future__ import annotations

from mcubench.codegen.generate import generate, load_program
from mcubench.codegen.planner import Buffer, Placement, plan_bytes, plan_memory
from mcubench.codegen.program import Program, compile_model

__all__ = [
    "Buffer",
    "Placement",
    "Program",
    "compile_model",
    "generate",
    "load_program",
    "plan_bytes",
    "plan_memory",
]
