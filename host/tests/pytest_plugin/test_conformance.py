"""The HIL suite, which says what a good board must show, on boards that `make test` does not run it on anyway."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("board", "least_tests"),
    [
        ("virtual:nrf52840", 130),
        ("python:tflm", 100),  # it skips what such a board cannot tell
    ],
)
def test_the_hil_suite_passes(tmp_path: Path, models_folder: Path, board: str, least_tests: int) -> None:
    if board.startswith("python"):
        pytest.importorskip("tflite_micro", reason="pip install 'mcubench[serve]'")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            *("-c", str(ROOT / "pyproject.toml"), "--rootdir", str(tmp_path)),  # which takes the suite's log files
            *("--board", board, "--models", str(models_folder)),
            *("--latency-baseline", str(ROOT / "hil_tests" / "baseline.json"), str(ROOT / "hil_tests")),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed
    assert int(passed[1]) >= least_tests
