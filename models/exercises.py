"""Two-second windows of a smartwatch's accelerometer during three shoulder exercises, from the package seglearn."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["EXERCISES", "WINDOW", "Exercises", "load"]

MEMBER = "seglearn/data/watch_dataset.npy"
EXERCISES = ("ABD", "FEL", "ROW")  # abduction, forward elevation, row
HELD_OUT_PEOPLE = (8, 9, 10)
WINDOW = 26
AVERAGED = 4  # samples, from 50 Hz to 12.5 Hz
TRAINING_STEP = 3  # training windows overlap, held-out ones do not
SHUFFLE_SEED = 12075


@dataclass(frozen=True)
class Exercises:
    """Windows float32 (n, 26, 3) in g at 12.5 Hz, labels int64 (n,); the people of `test` are not in `train`."""

    train_windows: NDArray[np.float32]
    train_labels: NDArray[np.int64]
    test_windows: NDArray[np.float32]
    test_labels: NDArray[np.int64]


def load(wheel: Path) -> Exercises:
    """Return the windows of seglearn's wheel; all of three people are held out, in an order by a fixed seed."""
    with zipfile.ZipFile(wheel) as archive, archive.open(MEMBER) as file:
        recordings = np.load(file, allow_pickle=True).item()
    train = _windows(recordings, lambda person: person not in HELD_OUT_PEOPLE, TRAINING_STEP)
    windows, labels = _windows(recordings, lambda person: person in HELD_OUT_PEOPLE, WINDOW)
    order = np.random.default_rng(SHUFFLE_SEED).permutation(len(labels))  # so that the first ones are of every exercise
    return Exercises(*train, windows[order], labels[order])


def _windows(
    recordings: Any, wanted: Callable[[int], bool], step: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    windows, labels = [], []
    for signal, label, person, right in zip(*(recordings[key] for key in ("X", "y", "subject", "side")), strict=True):
        exercise = recordings["y_labels"][label]
        if exercise not in EXERCISES or not wanted(person):
            continue
        # Along the forearm gravity has the other sign on the left wrist.
        accelerations = signal[: len(signal) // AVERAGED * AVERAGED, :3] * (1.0 if right else -1.0, 1.0, 1.0)
        averages = accelerations.reshape(-1, AVERAGED, 3).mean(axis=1)
        for start in range(0, len(averages) - WINDOW + 1, step):
            windows.append(averages[start : start + WINDOW])
            labels.append(EXERCISES.index(exercise))
    return np.array(windows, np.float32), np.array(labels, np.int64)
