"""`mcubench fit` on real images: yes, no, cannot tell, and what is no question at all."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from dense_folder import write_dense_folder

ROOT = Path(__file__).resolve().parents[3]
BUDGET = "\n[budget.stm32f746]\nlatency_us = 0.5\narena_bytes = 4096\n"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`small` is the model of host/tests/images/test_build.py, so that its image is built once."""
    folder = tmp_path_factory.mktemp("models")
    write_dense_folder(folder, "small", 40, 8, BUDGET)
    write_dense_folder(folder, "wide", 240_000, 1)
    return folder


def fit(models: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    if not (ROOT / ".pio-core" / "packages" / "tool-scons").is_dir():
        pytest.skip("no .pio-core/packages/tool-scons: run `make setup`")
    command = [sys.executable, "-m", "mcubench", "fit", "--models", models, *arguments]
    return subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True, timeout=280)


def answers(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    found = json.loads(done.stdout)
    assert len(found) == 1
    result: dict[str, Any] = found[0]
    return result


def test_a_model_that_fits_and_what_of_it_is_from_where(models: Path) -> None:
    asked = ("--max-latency-us", "100", "--max-flash", "96K", "--max-ram", "16K", "--json")
    done = fit(models, "small", "--board", "stm32f746", *asked)
    assert done.returncode == 0, done.stderr
    found = answers(done)
    assert (found["fits"], found["clock"], found["engine"]) == (True, "216", "generated")
    checks = {(check["what"], check["limit_from"]): check for check in found["checks"]}
    latency = checks["latency", "--max-latency-us"]
    assert latency["kind"] == "modelled"
    assert 0 < latency["need"] < 100
    assert latency["margin"] == pytest.approx(100 - latency["need"])
    assert checks["arena", "budget"]["limit"] == 4096
    assert checks["flash of model and kernels", "--max-flash"]["kind"] == "counted"
    whole = checks["flash of the whole image", "board"]
    assert checks["flash of model and kernels", "--max-flash"]["need"] < whole["need"] < whole["limit"] == 1 << 20


def test_a_budget_of_a_board_that_is_not_known_is_told(tmp_path: Path) -> None:
    write_dense_folder(tmp_path, "small", 40, 8, "\n[budget.stm32f764]\nlatency_us = 0.5\n")
    done = fit(tmp_path, "small", "--board", "stm32f746")
    assert done.returncode == 0, done.stderr
    assert "[budget.stm32f764] in " in done.stderr
    assert "is of no board that is known here" in done.stderr


def test_a_budget_is_a_limit_where_no_option_is(models: Path) -> None:
    done = fit(models, "small", "--board", "stm32f746")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "small on stm32f746, engine generated at clock 216: does not fit" in done.stdout
    assert "operator 0 (FULLY_CONNECTED) takes 100% of the cycles" in done.stdout


def test_a_model_that_no_image_can_hold(models: Path) -> None:
    done = fit(models, "wide", "--board", "stm32f746", "--max-latency-us", "1", "--json")
    assert done.returncode == 1, done.stderr
    found = answers(done)
    assert found["refusal"].startswith("needs an arena of at least ")
    checks = {check["what"]: check for check in found["checks"]}
    assert (checks["latency"]["need"], checks["latency"]["fits"]) == (None, None)
    assert checks["arena"]["kind"] == "planned"
    assert checks["arena"]["margin"] < 0


def test_a_figure_that_cannot_be_had_makes_no_yes(models: Path) -> None:
    done = fit(models, models / "small" / "model.tflite", "--board", "esp32", "--max-latency-us", "100", "--json")
    assert done.returncode == 3, done.stderr
    found = answers(done)
    assert found["fits"] is None
    assert {check["what"]: check["fits"] for check in found["checks"]}["arena"] is True


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("small",), "--board"),
        (("small", "--board", "z80"), "no board 'z80'; there is stm32f746"),
        (("small", "--board", "native"), "no board 'native'"),
        (("small", "--board", "nrf52840", "--engine", "xcubeai"), "cannot have the engine 'xcubeai'"),
        (("small", "--board", "stm32f746", "--max-flash", "96G"), "size '96G'"),
        (("small", "--board", "stm32f746", "--max-latency-us", "nan"), "expected a number of microseconds"),
        (("small", "--board", "stm32f746", "--clock", "3"), "no clock '3' on this board"),
        (("nosuch", "--board", "stm32f746"), "no model 'nosuch'"),
        (("nosuch.tflite", "--board", "stm32f746"), "nosuch.tflite: no such file"),
        (("Makefile", "--board", "stm32f746"), "Makefile: expected a TensorFlow Lite model"),
    ],
)
def test_what_is_bad_input(models: Path, arguments: tuple[str, ...], words: str) -> None:
    done = fit(models, *arguments)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
