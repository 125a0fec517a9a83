"""`mcubench lint` on databases that the store wrote."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from mcubench.store import Database, Record, Run

Mcubench = Callable[..., subprocess.CompletedProcess[str]]
FACTS = {
    "started_at": "now",
    "board": "stm32f746",
    "core": "cortex-m7",
    "board_uid": "virtual-1",
    "engine": "generated",
    "engine_version": "1",
    "engine_kernels": "dsp",
    "model_sha256": "0" * 64,
    "firmware_build": "b",
    "toolchain": "gcc",
    "flags": "-O3 -std=gnu11 -mfpu=fpv5-sp-d16",
    "timing": "modelled",
    "settings": {"name": "216", "icache": "1"},
    "clock_hz": 216_000_000,
    "latency_us_median": 100.0,
}


def write(path: Path, **changes: object) -> Path:
    with Database(path) as database:
        database.add_run(Run("20261121-1", "now", "mcubench sweep", {}, {}, []))
        database.add_record(Record(run_id="20261121-1", point_id="p", model="net", **(FACTS | changes)))  # type: ignore[arg-type]
    return path


def test_a_good_point_is_exit_code_0(mcubench: Mcubench, tmp_path: Path) -> None:
    done = mcubench("lint", "--db", write(tmp_path / "r.db"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "nothing to be said against it" in done.stdout


def test_a_finding_is_exit_code_1_and_in_the_json(mcubench: Mcubench, tmp_path: Path) -> None:
    path = write(tmp_path / "r.db", settings={"name": "216-nocache", "icache": "0"})
    done = mcubench("lint", "--db", path)
    assert done.returncode == 1
    assert "instruction cache" in done.stdout.replace("\n", " ")
    told = json.loads(mcubench("lint", "20261121", "--db", path, "--json").stdout)
    assert [finding["rule"] for finding in told[0]["findings"]] == ["caches"]


@pytest.mark.parametrize("status", ["failed"])
def test_a_run_without_a_good_point_is_bad_input(mcubench: Mcubench, tmp_path: Path, status: str) -> None:
    done = mcubench("lint", "--db", write(tmp_path / "r.db", status=status))
    assert done.returncode == 2
    assert done.stderr.startswith("mcubench: ")
    assert done.stderr.count("\n") == 1


def test_a_database_that_is_not_there_is_bad_input(mcubench: Mcubench, tmp_path: Path) -> None:
    done = mcubench("lint", "--db", tmp_path / "none.db")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
