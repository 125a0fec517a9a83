"""All of `model add`: from files to a model folder, in steps that can be read from top to bottom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcubench.errors import InputError
from mcubench.intake.candidate import Candidate, read_candidate
from mcubench.intake.fit import fit_inputs, random_inputs
from mcubench.intake.folder import Description, check_free, choose_name, write_folder
from mcubench.intake.reference import golden, golden_outputs
from mcubench.intake.samples import read_samples
from mcubench.intake.scoring import choose_metric, choose_threshold, fit_labels
from mcubench.models import METRICS, Vectors, score

__all__ = ["DEFAULT_COUNT", "DEFAULT_SEED", "Added", "Wishes", "add_model", "gather_vectors"]

DEFAULT_COUNT = 32
DEFAULT_SEED = 1


@dataclass(frozen=True)
class Wishes:
    """What the user said; None where it is left to us."""

    vectors: Path | None = None
    labels: Path | None = None
    metric: str | None = None
    threshold: float | None = None
    name: str | None = None
    licence: str | None = None
    count: int | None = None
    seed: int | None = None
    force: bool = False


@dataclass(frozen=True, eq=False)
class Added:
    """A model folder that was made, and how its vectors came about."""

    folder: Path
    candidate: Candidate
    description: Description
    vectors: Vectors
    score: float | None
    notes: tuple[str, ...]


def add_model(file: Path, models: Path, wishes: Wishes, on_vector: Callable[[int, int], None]) -> Added:
    """Make the model folder of a .tflite file in `models`.

    `on_vector` is told how many golden outputs of how many are done.
    InputError, in one line, if anything does not fit; nothing is written then.
    """
    _check(wishes)
    name = choose_name(file, wishes.name)
    check_free(models / name, wishes.force)
    candidate = read_candidate(file)
    oracle = golden()
    inputs, labels, metric, notes = gather_vectors(candidate, wishes)
    outputs = golden_outputs(candidate.source.data, inputs, candidate.output, lambda done: on_vector(done, len(inputs)))
    reached = None
    if metric is not None and labels is not None:
        reached = score(metric, outputs, labels, candidate.output)
    description = Description(
        name=name,
        licence=wishes.licence or "unknown",
        metric=metric,
        threshold=_threshold(candidate, metric, outputs, labels, reached, wishes),
        tolerance=candidate.tolerance(_largest(outputs)),
        golden=oracle,
        seed=None if wishes.vectors else _seed(wishes),
        added=datetime.now(UTC).date(),
    )
    vectors = Vectors(inputs, labels, outputs)
    write_folder(models / name, candidate, vectors, description)
    return Added(models / name, candidate, description, vectors, reached, tuple(notes))


def _check(wishes: Wishes) -> None:
    if wishes.vectors is None:
        for value, option in ((wishes.labels, "labels"), (wishes.metric, "metric"), (wishes.threshold, "threshold")):
            if value is not None:
                raise InputError(f"--{option} is for test data; bring some with --vectors")
    elif wishes.count is not None or wishes.seed is not None:
        raise InputError("--count and --seed are for random vectors; leave them out, or --vectors")


def gather_vectors(
    candidate: Candidate, wishes: Wishes
) -> tuple[NDArray[Any], NDArray[Any] | None, str | None, list[str]]:
    """Return inputs, labels, the metric that they are for, and what was done to make them fit."""
    if wishes.vectors is None:
        inputs = random_inputs(candidate.input, wishes.count or DEFAULT_COUNT, _seed(wishes))
        return inputs, None, None, [f"random, seed {_seed(wishes)}"]
    samples = read_samples(wishes.vectors, wishes.labels, candidate.input, candidate.output)
    inputs, notes = fit_inputs(wishes.vectors, samples, candidate.input)
    if samples.labels is None:
        if wishes.metric is not None or wishes.threshold is not None:
            raise InputError(f"{wishes.vectors}: has no labels to compare with; bring them with --labels")
        return inputs, None, None, [*samples.notes, *notes]
    path = wishes.labels or wishes.vectors
    metric = wishes.metric or choose_metric(path, samples.labels, candidate.output)
    return inputs, fit_labels(path, samples.labels, metric, candidate.output), metric, [*samples.notes, *notes]


def _threshold(
    candidate: Candidate,
    metric: str | None,
    outputs: NDArray[Any],
    labels: NDArray[Any] | None,
    reached: float | None,
    wishes: Wishes,
) -> float | None:
    """Return the least score or the largest error; one that was asked for must be reached by the golden outputs."""
    if metric is None or labels is None:
        return None
    if wishes.threshold is None:
        return choose_threshold(metric, outputs, labels, candidate.output)
    if not METRICS[metric].reaches(reached, wishes.threshold):
        seen = "unknown" if reached is None else f"{reached:.4g}"
        word = METRICS[metric].limit_word
        raise InputError(f"the golden outputs' {metric} is {seen}, --threshold asks for {word} {wishes.threshold:g}")
    return wishes.threshold


def _seed(wishes: Wishes) -> int:
    return DEFAULT_SEED if wishes.seed is None else wishes.seed


def _largest(outputs: NDArray[Any]) -> float:
    """Return the largest absolute output that is a number."""
    finite = outputs[np.isfinite(outputs)] if outputs.dtype.kind == "f" else outputs
    return float(np.abs(finite.astype(np.float64)).max(initial=0.0))
