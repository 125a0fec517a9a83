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
HELD_OUT_PER_EXERCISE = 90
SPLIT_SEED = 12075


@dataclass(frozen=True)
class Exercises:
    """Windows float32 (n, 26, 3) in g at 12.5 Hz, labels int64 (n,); the people of `test` are not in `train`.

    `test` has as many of every exercise, chosen from `all_test`.
    """

    train_windows: NDArray[np.float32]
    train_labels: NDArray[np.int64]
    test_windows: NDArray[np.float32]
    test_labels: NDArray[np.int64]
    all_test_windows: NDArray[np.float32]
    all_test_labels: NDArray[np.int64]


def load(wheel: Path) -> Exercises:
    """Return the windows of seglearn's wheel; as many of every exercise, chosen by a fixed seed, are held out."""
    with zipfile.ZipFile(wheel) as archive, archive.open(MEMBER) as file:
        recordings = np.load(file, allow_pickle=True).item()
    train = _windows(recordings, lambda person: person not in HELD_OUT_PEOPLE, TRAINING_STEP)
    every = _windows(recordings, lambda person: person in HELD_OUT_PEOPLE, WINDOW)
    rng = np.random.default_rng(SPLIT_SEED)
    places = [
        rng.choice(np.flatnonzero(every[1] == label), HELD_OUT_PER_EXERCISE, replace=False)
        for label in range(len(EXERCISES))
    ]
    chosen = np.sort(np.concatenate(places))
    return Exercises(*train, every[0][chosen], every[1][chosen], *every)


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
