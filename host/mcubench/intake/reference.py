"""Golden outputs: those of LiteRT's reference kernels, in a process of their own that may crash or hang."""

from __future__ import annotations

import importlib.util
import re
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from mcubench.deadline import Deadline
from mcubench.errors import InputError
from mcubench.intake.reference_program import DONE, INPUTS, MODEL, OUTPUTS
from mcubench.models import Golden, Tensor

__all__ = ["PACKAGE", "RESOLVER", "golden", "golden_outputs"]

PACKAGE = "ai-edge-litert"
RESOLVER = "BUILTIN_REF"
# For one vector, and for starting: the largest networks of MLPerf Tiny need a second with these kernels.
STEP_S = 60.0
LAST_WORDS = 200
# What its op resolver says, with a guess at the reason that is wrong here: some operators have no reference kernel.
ABSENT_KERNEL = re.compile(r"Didn't find op for builtin opcode '(\w+)' version '(\d+)'")


def golden() -> Golden:
    """Return what computes the golden outputs; InputError if it is not installed."""
    if importlib.util.find_spec("ai_edge_litert") is None:
        raise InputError(f"golden outputs need the package {PACKAGE}: pip install 'mcubench[serve]'")
    return Golden(PACKAGE, version(PACKAGE), RESOLVER)


def golden_outputs(
    model: bytes, inputs: NDArray[Any], output: Tensor, on_vector: Callable[[int], None]
) -> NDArray[Any]:
    """Return the outputs (n, ...) of inputs (n, ...); `on_vector` is called with the number of those that are done.

    InputError, in one line, if the kernels refuse the model, crash on it, or do not come to an end.
    """
    with tempfile.TemporaryDirectory(prefix="mcubench-") as name:
        folder = Path(name)
        (folder / MODEL).write_bytes(model)
        np.save(folder / INPUTS, inputs)
        with (folder / "words").open("w+b") as words:
            _run(folder, words, on_vector)
        try:
            outputs = np.load(folder / OUTPUTS, allow_pickle=False)
        except (OSError, ValueError) as exc:
            raise InputError(f"{PACKAGE} left no outputs: {exc}") from exc
    expected = (len(inputs), *output.shape[1:])
    if outputs.dtype != output.dtype or outputs.size != np.prod(expected):
        raise InputError(
            f"{PACKAGE} computes {outputs.dtype} {outputs.shape}, but by its file the model's outputs are"
            f" {output.type} {expected}"
        )
    return np.asarray(outputs.reshape(expected))


def _run(folder: Path, words: IO[bytes], on_vector: Callable[[int], None]) -> None:
    command = [sys.executable, "-m", "mcubench.intake.reference_program", str(folder)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=words) as process:
        try:
            answer = _follow(process, on_vector)
            process.wait(STEP_S)
        finally:
            process.kill()
    if process.returncode < 0:
        raise InputError(f"{PACKAGE} crashed on the model ({signal.Signals(-process.returncode).name}); is it damaged?")
    if process.returncode != 0:
        words.seek(0)
        last = answer or words.read().decode("utf-8", "replace")
        if absent := ABSENT_KERNEL.search(last):
            name, number = absent.groups()
            raise InputError(
                f"golden outputs come from {PACKAGE}'s reference kernels, which have no {name} of version {number}"
            )
        raise InputError(f"{PACKAGE} cannot run the model: {_one_line(last) or f'exit code {process.returncode}'}")


def _follow(process: subprocess.Popen[bytes], on_vector: Callable[[int], None]) -> str:
    """Read what the program says, until it ends; return what is not about a vector that is done."""
    assert process.stdout is not None
    said, done = b"", 0
    deadline = Deadline.after(STEP_S)
    while select.select([process.stdout], [], [], deadline.left_s)[0]:
        data = process.stdout.read1(1 << 16)  # type: ignore[attr-defined]
        if not data:
            return said.decode("utf-8", "replace")
        *lines, said = (said + data).split(b"\n")
        finished = lines.count(DONE)
        said = b"\n".join([*(line for line in lines if line != DONE), said])
        if finished:
            done += finished
            on_vector(done)
            deadline = Deadline.after(STEP_S)
    raise InputError(f"{PACKAGE} did not come to an end within {STEP_S:g} s on vector {done}")


def _one_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("INFO")]
    last = "".join(letter if letter.isprintable() else " " for letter in (lines or [""])[-1])
    return last[:LAST_WORDS]
