"""`mcubench arena` on the PC as a board, whose engine `generated` needs exactly what was planned."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from faulty_line import FaultyLine, by_line

from mcubench.boards import ChildBoard
from mcubench.codegen import load_program
from mcubench.models import read_arenas
from mcubench.protocol.text import add_trailer, split_trailer

Run = Callable[..., subprocess.CompletedProcess[str]]
MODEL = "mnist-int8"


@pytest.fixture
def models(models_folder: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of the models, to write arena.toml into."""
    copy = tmp_path / "models"
    for name in (MODEL, "mnist-float32"):
        shutil.copytree(models_folder / name, copy / name, ignore=shutil.ignore_patterns("arena.toml"))
    return copy


def test_the_generated_engine_needs_what_was_planned(mcubench: Run, mnist_program: Path, models: Path) -> None:
    planned = load_program(models / MODEL).arena_bytes
    done = mcubench("arena", MODEL, "--board", f"native:{mnist_program}", "--models", models, "--vectors", "3")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{MODEL}: {planned} bytes of arena, of which the engine counts {planned} as used; ")
    assert "(measured, native)" in done.stdout
    assert f"arena of {planned} bytes: runs" in done.stderr
    assert f"arena of {planned - 1} bytes: too small" in done.stderr
    ((engine, _core),) = read_arenas(models / MODEL)
    (record,) = read_arenas(models / MODEL).values()
    assert (engine, record.bytes, record.board, record.kind) == ("generated", planned, "native", "measured")


def test_json_holds_the_figure_its_provenance_and_every_try(mcubench: Run, mnist_program: Path, models: Path) -> None:
    done = mcubench("arena", MODEL, "--board", f"native:{mnist_program}", "--models", models, "--json")
    facts = json.loads(done.stdout)
    planned = load_program(models / MODEL).arena_bytes
    assert (facts["bytes"], facts["used_bytes"], facts["engine"], facts["kind"]) == (
        planned,
        planned,
        "generated",
        "measured",
    )
    assert {"model_sha256", "engine_version", "toolchain", "firmware_build", "board", "core", "date"} <= facts.keys()
    smallest = min(tried["arena_bytes"] for tried in facts["tries"] if tried["runs"] and tried["arena_bytes"])
    assert smallest == planned
    assert {"arena_bytes": planned - 1, "runs": False} in facts["tries"]


def test_an_engine_that_counts_too_little_is_not_believed(mcubench: Run, mnist_program: Path, models: Path) -> None:
    planned = load_program(models / MODEL).arena_bytes
    truth, lie = f"arena_bytes={planned}", f"arena_bytes={planned - 100}"

    def rewrite(line: str) -> bytes:
        text, seq = split_trailer(line) or (line, None)
        text = text.replace(truth, lie)
        return (text if seq is None else add_trailer(text, seq)).encode() + b"\n"

    with ChildBoard("native", [str(mnist_program)]) as board, FaultyLine(board.port, by_line(rewrite), bytes) as line:
        done = mcubench("arena", MODEL, "--port", line.port, "--models", models)
    assert done.stdout.startswith(f"{MODEL}: {planned} bytes of arena, of which the engine counts {planned - 100} as")


def test_wrong_outputs_are_no_success(mcubench: Run, mnist_program: Path, models: Path) -> None:
    """Golden outputs in another order: the model opens and runs, but not right."""
    path = models / MODEL / "vectors.npz"
    with np.load(path) as file:
        arrays = dict(file)
    np.savez(path, **{**arrays, "outputs": arrays["outputs"][::-1]})
    done = mcubench("arena", MODEL, "--board", f"native:{mnist_program}", "--models", models)
    assert done.returncode == 1
    assert "outputs differ from the golden ones" in done.stderr
    assert not (models / MODEL / "arena.toml").exists()


def test_a_model_that_the_board_has_not_is_bad_input(mcubench: Run, echo_program: Path, models: Path) -> None:
    done = mcubench("arena", MODEL, "--board", f"native:{echo_program}", "--models", models)
    assert done.returncode == 2
    assert done.stderr.strip().count("\n") == 0
    assert f"the board has no model '{MODEL}'; its image holds echo" in done.stderr


def test_another_file_of_the_same_name_is_bad_input(mcubench: Run, mnist_program: Path, models: Path) -> None:
    folder = models / MODEL
    data = bytearray((folder / "model.tflite").read_bytes())
    data[-1] ^= 1
    (folder / "model.tflite").write_bytes(data)
    toml = folder / "model.toml"
    old = next(line for line in toml.read_text().splitlines() if line.startswith("sha256"))
    toml.write_text(toml.read_text().replace(old, f'sha256 = "{hashlib.sha256(data).hexdigest()}"'))
    done = mcubench("arena", MODEL, "--board", f"native:{mnist_program}", "--models", models)
    assert done.returncode == 2
    assert "build and flash the image again" in done.stderr


def test_an_engine_without_an_arena_is_bad_input(mcubench: Run, models: Path) -> None:
    pytest.importorskip("ai_edge_litert", reason="pip install 'mcubench[serve]'")
    done = mcubench("arena", MODEL, "--board", "python:litert", "--models", models)
    assert done.returncode == 2
    assert "the engine litert says nothing of an arena" in done.stderr
    assert not (models / MODEL / "arena.toml").exists()


def test_tflm_on_the_pc_needs_what_it_counts_as_used(mcubench: Run, models: Path) -> None:
    """The real interpreter, from PyPI: a byte less is too small."""
    pytest.importorskip("tflite_micro", reason="pip install 'mcubench[serve]'")
    done = mcubench("arena", MODEL, "--board", "python:tflm", "--models", models, "--json")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["engine"] == "tflm"
    assert 27040 < facts["bytes"] < 40000  # one operator's tensors, and the interpreter's own structures
    assert {"arena_bytes": facts["bytes"] - 1, "runs": False} in facts["tries"]
