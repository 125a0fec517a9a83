"""Models of one operator, to be checked in one image against the reference kernels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from engine_runner import Bytes, NativeEngine, write_models
from reference import check_outputs, random_inputs, run_reference
from tflite_builder import TfliteBuilder

__all__ = ["Checked", "OneOperator", "run_grid"]

Array = np.ndarray[Any, Any]


@dataclass
class OneOperator:
    """A model under construction whose tensors share one type, scale and zero point; the first one is the input."""

    kind: str = "int8"
    scale: float = 0.05
    zero_point: int = 0
    model: TfliteBuilder = field(default_factory=TfliteBuilder)

    def __post_init__(self) -> None:
        if self.kind not in ("int8", "uint8"):
            self.zero_point = 0

    def tensor(self, shape: Sequence[int], **other: Any) -> int:
        """Add a tensor that flows."""
        if self.kind in ("float32", "int32"):
            return self.model.tensor(shape, self.kind)
        return self.model.tensor(shape, self.kind, **{"scale": self.scale, "zero_point": self.zero_point} | other)

    def constant(self, values: Array) -> int:
        """Add a constant of the model's type, scale and zero point."""
        scale = None if self.kind in ("float32", "int32") else self.scale
        return self.model.tensor(
            values.shape, self.kind, data=values.astype(self.kind), scale=scale, zero_point=self.zero_point
        )

    def numbers(self, *values: int, shape: Sequence[int] | None = None) -> int:
        """Add a constant of int32, of one dimension unless a shape is given."""
        data = np.array(values, np.int32).reshape((len(values),) if shape is None else tuple(shape))
        return self.model.tensor(data.shape, np.int32, data=data)

    def one(self, name: str, shape: Sequence[int], inputs: Sequence[int], out: Sequence[int], **options: Any) -> bytes:
        """Return the model of an operator of an input of that shape, and of `inputs` after it."""
        source = self.tensor(shape)
        target = self.tensor(out)
        self.model.operator(name, [source, *inputs], [target], **options)
        return self.model.build([source], [target])


@dataclass(frozen=True)
class Checked:
    """What engines made of a model's inputs: one entry per kind of kernels."""

    model: bytes
    inputs: Array
    seen: tuple[Bytes, ...]

    def check(self) -> None:
        """Assert that all outputs are those of the reference kernels."""
        expected = run_reference(self.model, self.inputs)
        for seen in self.seen:
            check_outputs(seen, expected)


def run_grid(models: Mapping[str, bytes], folder: Path, vectors: int) -> dict[str, Checked]:
    """Build all models into one image per kind of kernels and run each with random inputs."""
    programs = write_models({f"m{index}": model for index, model in enumerate(models.values())}, folder)
    inputs = [random_inputs(model, vectors, seed) for seed, model in enumerate(models.values())]
    engines = [NativeEngine.build(programs, folder, dsp=dsp).run(enumerate(inputs)) for dsp in (False, True)]
    outputs = zip(*engines, strict=True)
    return {
        name: Checked(model, rows, seen)
        for (name, model), rows, seen in zip(models.items(), inputs, outputs, strict=True)
    }
