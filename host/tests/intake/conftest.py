"""Models whose outputs are their inputs, so that what goes in can be seen, and files of test data."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tools"))  # for tflite_builder

from tflite_builder import TfliteBuilder

from mcubench.intake import Added, Wishes, add_model
from mcubench.intake.adding import gather_vectors
from mcubench.intake.candidate import read_candidate

Add = Callable[..., Added]
WriteModel = Callable[..., Path]


@pytest.fixture
def write_model(tmp_path: Path) -> WriteModel:
    """A function that writes a .tflite file: a RESHAPE of its input, by default of 2x2 int8 to 4."""

    def write(
        kind: str = "int8",
        shape: Sequence[int] = (1, 2, 2),
        target: Sequence[int] = (1, 4),
        scale: float = 0.5,
        zero_point: int = -1,
        name: str = "net.tflite",
    ) -> Path:
        model = TfliteBuilder()
        quantized = {} if kind == "float32" else {"scale": scale, "zero_point": zero_point}
        source = model.tensor(shape, np.dtype(kind), **quantized)
        result = model.tensor(target, np.dtype(kind), **quantized)
        to = model.tensor((len(target),), np.int32, data=np.array(target, np.int32))
        model.operator("RESHAPE", [source, to], [result])
        path = tmp_path / name
        path.write_bytes(model.build([source], [result]))
        return path

    return write


@pytest.fixture
def add(write_model: WriteModel, tmp_path: Path) -> Add:
    """A function that adds a model, by default the usual one, with these wishes."""

    def added(file: Path | None = None, **wishes: object) -> Added:
        return add_model(file or write_model(), tmp_path / "models", Wishes(**wishes), lambda *_: None)

    return added


@pytest.fixture
def gather(write_model: WriteModel) -> Callable[..., tuple[list[list[float]], list[float] | None, list[str]]]:
    """A function that returns inputs, flat, and labels as the model folder would have them, and the notes."""

    def gathered(file: Path | None = None, **wishes: object) -> tuple[list[list[float]], list[float] | None, list[str]]:
        candidate = read_candidate(file or write_model())
        inputs, labels, _, notes = gather_vectors(candidate, Wishes(**wishes))
        assert inputs.dtype == candidate.input.dtype
        assert inputs.shape[1:] == candidate.input.shape[1:]
        return inputs.reshape(len(inputs), -1).tolist(), None if labels is None else labels.tolist(), notes

    return gathered
