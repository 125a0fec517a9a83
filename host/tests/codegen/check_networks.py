"""Random networks against the reference kernels, and the smallest network that shows a difference."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from arm_engine import ArmEngine
from engine_runner import Array, Bytes, NativeEngine, write_models
from oracle import Oracle, OracleError
from random_networks import RandomNetwork
from reference import FLOAT_TOLERANCE

from mcubench.codegen import Program
from mcubench.codegen.program import compile_model
from mcubench.errors import InputError

__all__ = ["ARM_CORES", "NATIVE", "Difference", "Prepared", "find_differences", "prepare", "shrink"]

ARM_CORES = ("cortex-m7", "cortex-m4", "cortex-m0")
# What networks run on: kernels in plain C and those for the DSP extension, both on the PC.
NATIVE = ("c", "dsp")
_VECTORS = 3


@dataclass(frozen=True)
class Prepared:
    """A network with its input vectors and the reference kernels' outputs."""

    network: RandomNetwork
    inputs: Array
    expected: Array


@dataclass(frozen=True)
class Difference:
    """A network whose outputs are not the expected ones on some engines, or that does not run there."""

    prepared: Prepared
    engines: tuple[str, ...]
    what: str


def prepare(network: RandomNetwork, oracle: Oracle) -> Prepared:
    """Return the network with its expected outputs.

    OracleError if the reference kernels give none, InputError if the generated engine refuses it.
    """
    inputs = network.inputs(_VECTORS)
    expected = oracle.run(network.data, inputs)
    compile_model("net", network.data)
    return Prepared(network, inputs, expected)


def find_differences(networks: Sequence[Prepared], engines: Sequence[str]) -> list[Difference]:
    """Build the networks into one image for all engines, run them, and return what differs.

    If an image cannot be built, or stops in the middle, halves of the networks are tried, down to the one that does it.
    """
    if not networks:
        return []
    try:
        with tempfile.TemporaryDirectory() as folder:
            return _compare(networks, engines, Path(folder))
    except (AssertionError, subprocess.TimeoutExpired) as exc:
        if len(networks) == 1:
            return [Difference(networks[0], tuple(engines), str(exc)[:1000])]
        middle = len(networks) // 2
        return [*find_differences(networks[:middle], engines), *find_differences(networks[middle:], engines)]


def shrink(difference: Difference, oracle: Oracle) -> Difference:
    """Return a network with as few operators as are needed for a difference on the same engines, if any makes do."""
    network = difference.prepared.network

    def fails(candidates: Sequence[RandomNetwork]) -> Difference | None:
        found = find_differences(_prepare_all(candidates, oracle), difference.engines)
        return min(found, key=lambda each: len(each.prepared.network.operators), default=None)

    # The first tensor that differs, with what leads to it; memory that is taken too early shows only with more.
    smaller = fails([network.reduced(tensor.index) for tensor in network.graph.live[1:]])
    return smaller or _drop_one_by_one(difference, fails)


def _drop_one_by_one(
    difference: Difference, fails: Callable[[Sequence[RandomNetwork]], Difference | None]
) -> Difference:
    smaller: Difference | None = difference
    while smaller is not None:
        difference = smaller
        smaller = fails(difference.prepared.network.without_one())
    return difference


def _prepare_all(networks: Sequence[RandomNetwork], oracle: Oracle) -> list[Prepared]:
    prepared = []
    for network in networks:
        try:
            prepared.append(prepare(network, oracle))
        except (OracleError, InputError):
            continue
    return prepared


def _compare(networks: Sequence[Prepared], engines: Sequence[str], folder: Path) -> list[Difference]:
    programs = write_models({f"net{index}": each.network.data for index, each in enumerate(networks)}, folder)
    outputs = [_run(engine, programs, [each.inputs for each in networks], folder) for engine in engines]
    found = []
    for index, each in enumerate(networks):
        whats = [_first_difference(seen[index], each.expected) for seen in outputs]
        wrong = {engine: what for engine, what in zip(engines, whats, strict=True) if what}
        if wrong:
            found.append(Difference(each, tuple(wrong), next(iter(wrong.values()))))
    return found


def _run(engine: str, programs: Sequence[Program], inputs: Sequence[Array], folder: Path) -> list[Bytes]:
    if engine in NATIVE:
        return NativeEngine.build(programs, folder, dsp=engine == "dsp").run(enumerate(inputs))
    arm = ArmEngine(folder, engine)
    # An instruction costs there what an inference costs here: one vector is enough.
    return [
        arm.run(program, index, rows[:1].reshape(1, -1).view(np.uint8))
        for index, (program, rows) in enumerate(zip(programs, inputs, strict=True))
    ]


def _first_difference(raw: Bytes, expected: Array) -> str:
    """Return which output element differs first, and how; nothing if all are as they must be."""
    wanted = expected[: len(raw)]
    seen = np.ascontiguousarray(raw).view(expected.dtype).reshape(wanted.shape)
    if expected.dtype == np.float32:
        # Sums in another order differ with their terms, which the largest output tells more of than one that came out
        # small: random layers have no activation in between, and add hundreds of terms that cancel out.
        largest = np.abs(wanted[np.isfinite(wanted)]).max(initial=1.0)
        wrong = ~np.isclose(seen, wanted, rtol=FLOAT_TOLERANCE, atol=FLOAT_TOLERANCE * largest, equal_nan=True)
    else:
        wrong = seen != wanted
    if not wrong.any():
        return ""
    place = tuple(int(index) for index in np.argwhere(wrong)[0])
    return (
        f"{int(wrong.sum())} of {wrong.size} elements differ, first vector {place[0]} element {list(place[1:])}: "
        f"{seen[place]} instead of {wanted[place]}"
    )
