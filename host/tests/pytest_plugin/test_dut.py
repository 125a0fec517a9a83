"""What a test asks of the device under test: a run of a model, whose outputs are always checked."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

pytest_plugins = ["pytester"]


@pytest.fixture
def run_mnist(suite: pytest.Pytester, mnist_program: Path, models_folder: Path):
    """Run a test file on a native board that knows digits."""

    def run(code: str, *arguments: str, models: Path = models_folder) -> pytest.RunResult:
        suite.makepyfile(test_it=code)
        board = ("--board", f"native:{mnist_program}", "--models", str(models))
        return suite.runpytest_subprocess(*board, "--junitxml=out.xml", *arguments, timeout=100)

    return run


def test_run_gives_figures_of_checked_inferences(run_mnist, suite):
    result = run_mnist(
        """
        def test_latency(dut):
            assert dut.run("mnist-int8").latency_us.p95 < 20_000
        def test_all_of_it(dut):
            result = dut.run("mnist-int8", clock="main", vectors=5, samples=4, cold_samples=1)
            figures = result.latency_us
            assert 0 < figures.min <= figures.median <= figures.p95 <= figures.max
            assert result.cycles is None, "this PC counts time"
            assert (result.exact, result.record.vectors, result.record.n) == (True, 5, 4)
            assert result.score > 0.5
            assert {each.name for each in dut.models} == {"mnist-int8", "mnist-float32"}
            assert dut.reset().boot_count > 0
        """
    )
    result.assert_outcomes(passed=2)
    assert 'name="model_sha256" value="mnist-int8=' in (suite.path / "out.xml").read_text()


def test_wrong_output_is_a_failure_and_no_result(run_mnist, tmp_path, models_folder):
    folder = tmp_path / "models" / "mnist-int8"
    shutil.copytree(models_folder / "mnist-int8", folder)
    arrays = dict(np.load(folder / "vectors.npz"))
    arrays["outputs"][3] ^= 1
    np.savez(folder / "vectors.npz", **arrays)
    result = run_mnist("def test_it(dut): dut.run('mnist-int8')\n", models=tmp_path / "models")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines("CheckFailedError: native:*/mnist-int8/*: 1 of 30 *")


def test_run_of_what_is_not_there_is_an_error_in_one_line(run_mnist):
    result = run_mnist(
        """
        def test_model(dut): dut.run("none-such")
        def test_clock(dut): dut.run("mnist-int8", clock="9999")
        def test_nothing_checked(dut): dut.run("mnist-int8", vectors=0)
        """
    )
    result.assert_outcomes(errors=3)
    result.stdout.fnmatch_lines(
        [
            "InputError: no model 'none-such' in *",
            "InputError: no clock '9999' on this board; *",
            "InputError: vectors=0: *",
        ]
    )
