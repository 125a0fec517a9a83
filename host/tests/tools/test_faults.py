"""The fault campaign's short forms, and that it can find something."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from campaign.noise import run_line
from campaign.sweeps import SweepPlan, run_sweep

from mcubench.store import Database

TOOLS = Path(__file__).resolve().parents[3] / "tools"


def run_campaign(folder: Path, *options: str) -> tuple[int, list[dict[str, Any]], str]:
    report = folder / "faults.json"
    command = [sys.executable, str(TOOLS / "faults.py"), *options, "--folder", str(folder / "f"), "--json", str(report)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    return done.returncode, json.loads(report.read_text()) if report.exists() else [], done.stdout + done.stderr


def test_short_campaign_finds_nothing_wrong_on_the_native_board(tmp_path: Path) -> None:
    code, outcomes, printed = run_campaign(tmp_path, "--short", "--board", "native")
    assert code == 0, printed
    assert [outcome["part"] for outcome in outcomes] == [
        *["noise"] * 3,
        *["killed host", "killed board", "liar", "crash"],
    ]
    assert all(outcome["n"] > 0 for outcome in outcomes)

    clean, few, many = (outcome["facts"] for outcome in outcomes if outcome["part"] == "noise")
    assert (clean["faults"], clean["retransmits"], clean["recoveries"]) == ({}, 0, {})
    assert few["faults"]["disconnect"] == few["recoveries"]["re-open the port"] >= 2
    assert clean["wire_tx_bytes"] < few["wire_tx_bytes"] < many["wire_tx_bytes"]


def test_a_wrong_result_is_a_problem(mnist_program: Path, models_folder: Path) -> None:
    outcome = run_line(f"native:{mnist_program}", models_folder, ["lie:rate=0.1"], "lies", 100, None)
    assert not outcome.good
    assert "wrong results" in outcome.problems[0]
    assert outcome.facts["right"] < 100


def test_plan_that_was_cut_short_goes_on_in_the_same_run(mnist_program: Path, tmp_path: Path) -> None:
    plan = SweepPlan(f"native:{mnist_program}", ("--model", "mnist-int8", "--vectors", "5", "--samples", "2"))
    database, log = tmp_path / "r.db", tmp_path / "log.txt"
    with plan.start(database, log) as process:
        process.kill()
    assert plan.finish(database, log) == 0
    with Database(database) as opened:
        assert len(opened.runs()) == 1
    assert len(plan.records(database)) == 2


def test_sweep_that_cannot_be_done_tells_its_code(tmp_path: Path) -> None:
    code, printed, records = run_sweep(["--board", "nosuch", "--model", "mnist-int8"], tmp_path / "r.json")
    assert (code, records) == (2, [])
    assert "nosuch" in printed


@pytest.mark.parametrize("options", [("--board", "nosuch"), ("nosuch-part",)], ids=["board", "part"])
def test_bad_options_are_said(tmp_path: Path, options: tuple[str, ...]) -> None:
    code, _, printed = run_campaign(tmp_path, *options)
    assert code == 2
    assert "nosuch" in printed
