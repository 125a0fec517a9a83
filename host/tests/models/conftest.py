"""A tiny model folder on disk that tests may damage."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tools"))  # for tflite_builder

TOML = """
name = "tiny"
description = "four numbers to three classes"
source = "made up"
licence = "Apache-2.0"
sha256 = "{sha256}"
macs = 12
metric = "top1"
threshold = 0.5
tolerance = 0

[golden]
tool = "by hand"
version = "1"
resolver = "none"

[input]
type = "int8"
shape = [1, 2, 2]
scale = 0.5
zero_point = -3

[output]
type = "float32"
shape = [1, 3]
"""


@dataclass
class Folder:
    """Writes a good folder; each `write_` method replaces one file."""

    path: Path

    def write_toml(self, old: str = "", new: str = "") -> None:
        text = TOML.format(sha256=hashlib.sha256(self.tflite).hexdigest())
        assert old in text
        (self.path / "model.toml").write_text(text.replace(old, new))

    @property
    def tflite(self) -> bytes:
        return (self.path / "model.tflite").read_bytes()

    def write_vectors(self, **changed: NDArray[Any] | None) -> None:
        arrays: dict[str, NDArray[Any] | None] = {
            "inputs": np.arange(20, dtype=np.int8).reshape(5, 2, 2),
            "labels": np.array([0, 1, 2, 0, 1]),
            "outputs": np.eye(3, dtype=np.float32)[[0, 1, 2, 0, 2]],
        } | changed
        np.savez(self.path / "vectors.npz", **{key: array for key, array in arrays.items() if array is not None})


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "models" / "tiny")
    made.path.mkdir(parents=True)
    (made.path / "model.tflite").write_bytes(b"\x1c\0\0\0TFL3" + bytes(32))
    made.write_toml()
    made.write_vectors()
    return made
