"""Sweeps over lines that are bad on purpose: the same results as over a good one, and what it cost."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mcubench.boards import ChildBoard

Run = Callable[..., subprocess.CompletedProcess[str]]
ROOT = Path(__file__).resolve().parents[3]
IMAGE = ROOT / ".pio" / "build" / "stm32f746-local" / "firmware.elf"
MODELS = ("--model", "mnist-int8,mnist-float32")
FEW = ("--samples", "3", "--jobs", "1", "--json", "o.json")
BAD = {
    "flips": ("flip:rate=2e-5",),
    "drops": ("drop:rate=2e-4",),
    "all at once": (
        "flip:rate=5e-6",
        "drop:rate=5e-5",
        "double:rate=5e-5",
        "reorder:rate=5e-5",
        "truncate:rate=5e-5",
        "stall:rate=1e-5,for_s=0.1",
    ),
}


def records(folder: Path) -> dict[str, dict[str, Any]]:
    """Return what the sweep wrote, by point."""
    return {record["point_id"]: record for record in json.loads((folder / "o.json").read_text())}


def options(specs: tuple[str, ...]) -> list[str]:
    return [word for spec in specs for word in ("--line-fault", spec)]


@pytest.mark.parametrize("specs", BAD.values(), ids=BAD.keys())
def test_a_bad_line_changes_no_output_of_the_native_board(
    mcubench: Run, mnist_program: Path, tmp_path: Path, specs: tuple[str, ...]
) -> None:
    board = ("--board", f"native:{mnist_program}", "--model", "mnist-int8", "--clock", "1000")
    done = mcubench("sweep", *board, "--vectors", "100", *FEW, *options(specs))
    assert done.returncode == 0, done.stderr
    (record,) = records(tmp_path).values()
    assert (record["status"], record["vectors"], record["bit_exact"]) == ("ok", 100, True)
    assert record["retransmits"] > 0


def test_a_bad_line_changes_no_output_and_no_cycle_of_a_virtual_board(mcubench: Run, tmp_path: Path) -> None:
    if not IMAGE.exists():
        pytest.skip(f"no {IMAGE}; run 'make firmware'")
    board = ("--board", "virtual:stm32f746", "--firmware", IMAGE, "--model", "mnist-int8", "--clock", "216")
    found = []
    for specs in ((), ("flip:rate=1e-5", "drop:rate=2e-4")):
        done = mcubench("sweep", *board, "--vectors", "30", *FEW, *options(specs))
        assert done.returncode == 0, done.stderr
        found += records(tmp_path).values()
    good, bad = found
    for field in ("status", "vectors", "bit_exact", "outputs_sha256", "cycles_median"):
        assert bad[field] == good[field]
    # The first one may differ by a few cycles, perhaps because of what the last transfer left in the caches.
    assert bad["samples"][1:] == good["samples"][1:]
    assert good["retransmits"] == 0
    assert bad["retransmits"] > 0


def test_a_cable_that_is_pulled_again_and_again_costs_no_vector(
    mcubench: Run, mnist_program: Path, tmp_path: Path
) -> None:
    board = ("--board", f"native:{mnist_program}", "--model", "mnist-int8", "--clock", "1000", "--vectors", "300")
    pulled = ("disconnect:every_bytes=50000,away_s=0.1", "flip:rate=1e-5")
    done = mcubench("sweep", *board, *FEW, *options(pulled))
    assert done.returncode == 0, done.stderr
    (record,) = records(tmp_path).values()
    assert (record["status"], record["vectors"], record["bit_exact"]) == ("ok", 300, True)
    assert (record["attempts"], record["interruptions"]) == (1, []), "it computed on while nobody was there"
    assert len(record["recoveries"]) >= 4
    assert {(each["step"], each["ok"], each["attempt"]) for each in record["recoveries"]} == {
        ("re-open the port", True, 1)
    }
    assert all("the port went away" in each["why"] for each in record["recoveries"])
    assert any(each["doing"] == "checking 300 vectors" for each in record["recoveries"])


def test_a_cable_that_stays_out_is_a_rig_failure_and_resume_completes_the_run(
    mcubench: Run, mnist_program: Path, tmp_path: Path
) -> None:
    command = ("sweep", *MODELS, "--vectors", "100", *FEW, "--db", "r.db")
    with ChildBoard("native", [str(mnist_program)]) as board:
        pulled = mcubench(*command, "--port", board.port, "--line-fault", "disconnect:every_bytes=90000,away_s=60")
        assert pulled.returncode == 3, pulled.stderr
        last = pulled.stderr.splitlines()[-1]
        assert "the port went away; check cable and power of the board" in last
        assert "of 4 points are in r.db; go on with --resume" in last
        before = records(tmp_path)
        assert 1 <= len(before) < 4
        resumed = mcubench(*command, "--port", board.port, "--resume")
    assert resumed.returncode == 0, resumed.stderr
    after = records(tmp_path)
    assert len(after) == 4
    assert all(record["status"] == "ok" for record in after.values())
    assert {point: after[point] for point in before} == before


def test_a_lying_board_is_wrong_output_and_not_line_noise(mcubench: Run, mnist_program: Path, tmp_path: Path) -> None:
    board = ("--board", f"native:{mnist_program}", "--model", "mnist-int8", "--clock", "1000", "--vectors", "300")
    done = mcubench("sweep", *board, *FEW, *options(("lie:rate=0.01", "disconnect:every_bytes=90000,away_s=0.05")))
    assert done.returncode == 1, done.stderr
    (record,) = records(tmp_path).values()
    assert (record["status"], record["bit_exact"], record["vectors"]) == ("failed", False, 300)
    assert "of 300 outputs differ from the golden ones" in record["error"]
    assert (record["attempts"], record["host_crc_errors"]) == (1, 0)
    assert record["error"] in done.stderr


@pytest.mark.parametrize(
    ("spec", "words"),
    {
        "noise": "line fault 'noise': unknown fault 'noise'; known are flip, drop,",
        "flip:rate=2": "line fault 'flip:rate=2': rate=2 is not a number from 0 to 1",
        "drop": "line fault 'drop': 'drop' needs rate=...",
    }.items(),
)
@pytest.mark.parametrize(
    "command", [("sweep", "--model", "mnist-int8"), ("arena", "mnist-int8")], ids=["sweep", "arena"]
)
def test_a_bad_line_fault_is_one_line(mcubench: Run, command: tuple[str, ...], spec: str, words: str) -> None:
    done = mcubench(*command, "--port", "/dev/nosuch", "--line-fault", spec)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(f"mcubench: {words}")
