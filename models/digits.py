"""Handwritten digits at 28x28: scikit-learn's copy of the UCI set, split once and for all, scaled and varied."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import affine_transform, zoom
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

__all__ = ["SIDE", "Digits", "load", "varied"]

SIDE = 28
HELD_OUT = 360  # a fifth of the 1,797 images
SPLIT_SEED = 20240613
BRIGHTEST = 16.0  # the 8x8 pixels count the dark dots of a 4x4 block


@dataclass(frozen=True)
class Digits:
    """Pixels are uint8 (n, 28, 28), labels int64 (n,); nothing of `test` is in `train`."""

    train_pixels: NDArray[np.uint8]
    train_labels: NDArray[np.int64]
    test_pixels: NDArray[np.uint8]
    test_labels: NDArray[np.int64]


def load() -> Digits:
    """Return the digits, split by a fixed seed with every digit in the same proportion on both sides."""
    small, labels = load_digits(return_X_y=True)
    pixels = np.stack([_enlarged(image) for image in small.reshape(-1, 8, 8)])
    train, test, train_labels, test_labels = train_test_split(
        pixels, labels.astype(np.int64), test_size=HELD_OUT, stratify=labels, random_state=SPLIT_SEED
    )
    return Digits(train, train_labels, test, test_labels)


def varied(pixels: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return every image turned by up to 12 degrees, stretched by up to 12 % and moved by up to 2 pixels."""
    return np.stack([_moved(image, rng) for image in pixels])


def _enlarged(image: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Scale one 8x8 image to 28x28 by linear interpolation, with whole grey levels from 0 to 255."""
    large = zoom(image, SIDE / 8, order=1, grid_mode=True, mode="nearest")
    return np.rint(large * (255.0 / BRIGHTEST)).astype(np.uint8)


def _moved(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    angle = np.deg2rad(rng.uniform(-12.0, 12.0))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = turn @ np.diag(rng.uniform(0.88, 1.12, size=2))
    centre = np.full(2, (SIDE - 1) / 2)
    offset = centre - matrix @ centre + rng.uniform(-2.0, 2.0, size=2)
    moved: NDArray[np.uint8] = affine_transform(image, matrix, offset, order=1, mode="constant", output=np.uint8)
    return moved
