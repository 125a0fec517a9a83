"""`mcubench compare`: two models side by side, measured or out of a run."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


def test_a_name_stands_for_its_float32_and_int8_versions(mcubench: Run, mnist_program: Path, tmp_path: Path) -> None:
    files = ("--json", "o.json", "--markdown", "o.md", "--db", "r.db")
    done = mcubench("compare", "mnist", "--board", f"native:{mnist_program}", *files)
    assert done.returncode == 0, done.stderr
    (found,) = json.loads((tmp_path / "o.json").read_text())
    assert (found["first"]["model"], found["second"]["model"]) == ("mnist-float32", "mnist-int8")
    assert found["timing"] == "measured"
    ratio = found["second"]["latency_us_median"] / found["first"]["latency_us_median"]
    assert found["ratios"]["latency_us_median"] == pytest.approx(ratio)
    assert found["ratios"]["arena_bytes"] == pytest.approx(0.25, abs=0.01)
    assert found["ratios"]["cycles_median"] is None, "a PC counts time"
    assert 0 < found["worst_output_difference"] < 0.1
    for text in (done.stdout, (tmp_path / "o.md").read_text()):
        assert "mnist-int8 : mnist-float32" in text
        assert "clock 1000 (measured)" in text


def test_any_two_models_of_a_run_that_was(mcubench: Run, mnist_program: Path, tmp_path: Path) -> None:
    sweep = ("--model", "mnist-int8,mnist-float32", "--clock", "100,1000", "--vectors", "30", "--db", "r.db")
    assert mcubench("sweep", "--board", f"native:{mnist_program}", *sweep).returncode == 0
    files = ("--db", "r.db", "--run", "20", "--json", "o.json")
    done = mcubench("compare", "mnist-int8", "mnist-float32", *files)
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads((tmp_path / "o.json").read_text())
    assert [each["clock"] for each in found] == ["1000", "100"]
    assert all(each["ratios"]["arena_bytes"] > 3.9 for each in found)


def test_a_model_that_the_run_has_not_is_no_table_of_dashes(mcubench: Run, mnist_program: Path) -> None:
    sweep = ("--model", "mnist-int8", "--clock", "1000", "--vectors", "30", "--db", "r.db")
    assert mcubench("sweep", "--board", f"native:{mnist_program}", *sweep).returncode == 0
    done = mcubench("compare", "mnist-int8", "mnist-float32", "--db", "r.db", "--run", "20")
    assert (done.returncode, done.stdout) == (2, "")
    assert "the run has no point of mnist-float32" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "name a model"),
        (("a", "b", "c"), "name a model"),
        (("mnist", "--all"), "name a model"),
        (("resnet",), "'resnet' names 0 models"),
        (("mnist-int8", "resnet"), "no model 'resnet'"),
        (("mnist", "--run", "1"), "no such database"),
    ],
)
def test_what_is_bad_input(mcubench: Run, arguments: tuple[str, ...], words: str) -> None:
    done = mcubench("compare", *arguments)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
