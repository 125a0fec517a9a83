"""Faces of 10x10 grey levels with and without a mask, drawn: no photograph is behind them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["SIDE", "Faces", "draw"]

SIDE = 10
FINE = 6  # drawn this many times finer, then averaged, so that edges are grey as in a small photograph
NOISE = 0.05


@dataclass(frozen=True)
class Faces:
    """Images float32 (n, 10, 10, 1), whole grey levels over 255; labels int64 (n,), 1 where a mask is worn."""

    images: NDArray[np.float32]
    labels: NDArray[np.int64]


def draw(count: int, seed: int) -> Faces:
    """Return `count` faces, half of them masked."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(count, dtype=np.int64) % 2)
    images = np.stack([_face(rng, bool(label)) for label in labels])
    return Faces(images[..., np.newaxis], labels)


def _face(rng: np.random.Generator, masked: bool) -> NDArray[np.float32]:
    x, y = _grid(rng)  # in half widths of the head: the head is the circle of radius 1, y grows downwards
    skin = rng.uniform(0.3, 0.9)
    head = x**2 + y**2 < 1.0
    picture = np.full(x.shape, rng.uniform(0.0, 1.0)) + rng.uniform(-0.2, 0.2) * x
    picture[head] = skin
    hair = rng.uniform(0.0, 0.6)
    picture[head & (y < rng.uniform(-0.75, -0.35) + rng.uniform(-0.2, 0.2) * x)] = hair
    eye_y, eye_x, eye_size = rng.uniform(-0.35, -0.15), rng.uniform(0.3, 0.45), rng.uniform(0.1, 0.18)
    for side in (-1.0, 1.0):
        picture[(x - side * eye_x) ** 2 + (y - eye_y) ** 2 < eye_size**2] = skin * 0.3
    _lower_half(rng, picture, x, y, skin, hair)
    cloth = rng.uniform(0.75, 1.0) if rng.random() < 0.7 else rng.uniform(0.0, 0.25)  # white or black
    if masked:
        picture[head & (y > rng.uniform(0.0, 0.2)) & (np.abs(x) < 0.95)] = cloth
    elif rng.random() < 0.15:  # pulled down under the chin: not worn
        picture[head & (y > rng.uniform(0.72, 0.85))] = cloth
    light = 1.0 + rng.uniform(-0.3, 0.3) * x + rng.uniform(-0.15, 0.15) * y
    small = (picture * light).reshape(SIDE, FINE, SIDE, FINE).mean(axis=(1, 3))
    grey = np.clip(small * rng.uniform(0.7, 1.1) + rng.normal(0.0, NOISE, small.shape), 0.0, 1.0)
    return (np.rint(grey * 255.0) / 255.0).astype(np.float32)


def _grid(rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the coordinates of a head that is shifted, scaled, stretched and tilted at random."""
    axis = (np.arange(SIDE * FINE) + 0.5) / FINE - SIDE / 2
    x, y = np.meshgrid(axis, axis)
    x, y = x - rng.uniform(-0.8, 0.8), y - rng.uniform(-0.8, 0.8)
    tilt = rng.normal(0.0, 0.15)
    x, y = x * np.cos(tilt) + y * np.sin(tilt), y * np.cos(tilt) - x * np.sin(tilt)
    width = rng.uniform(3.0, 4.2)
    return x / width, y / (width * rng.uniform(1.05, 1.3))


def _lower_half(
    rng: np.random.Generator,
    picture: NDArray[np.float64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    skin: float,
    hair: float,
) -> None:
    """Draw nose, mouth and now and then a beard, which is what a mask is most easily taken for."""
    picture[(np.abs(x) < rng.uniform(0.06, 0.12)) & (np.abs(y - 0.1) < 0.15)] = skin * rng.uniform(0.75, 1.15)
    if rng.random() < 0.3:
        picture[(x**2 + y**2 < 1.0) & (y > rng.uniform(0.3, 0.5)) & (x**2 + y**2 > rng.uniform(0.0, 0.5))] = hair
    mouth = (np.abs(x) < rng.uniform(0.2, 0.4)) & (np.abs(y - rng.uniform(0.45, 0.6)) < rng.uniform(0.05, 0.12))
    picture[mouth] = skin * rng.uniform(0.4, 0.9)
