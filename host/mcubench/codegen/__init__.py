"""C out of .tflite models: a program with a static memory plan (`generated`), or the file for TFLM (`tflm`)."""

from __future__ import annotations

from mcubench.codegen.generate import generate, load_program
from mcubench.codegen.limits import Limits
from mcubench.codegen.planner import Buffer, Placement, plan_bytes, plan_memory
from mcubench.codegen.program import Program, compile_model
from mcubench.codegen.tflm import TflmModel, generate_tflm, load_tflm_model
from mcubench.codegen.xcubeai import XcubeaiModel, generate_xcubeai

__all__ = [
    "Buffer",
    "Limits",
    "Placement",
    "Program",
    "TflmModel",
    "XcubeaiModel",
    "compile_model",
    "generate",
    "generate_tflm",
    "generate_xcubeai",
    "load_program",
    "load_tflm_model",
    "plan_bytes",
    "plan_memory",
]
