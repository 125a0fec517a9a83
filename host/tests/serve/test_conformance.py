"""The HIL suite, which says what a good board must show, on a Python board: it skips what such a board cannot tell."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LEAST_TESTS = 100


def test_the_hil_suite_passes(tmp_path: Path, models_folder: Path) -> None:
    pytest.importorskip("tflite_micro", reason="pip install 'mcubench[serve]'")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            *("-c", str(ROOT / "pyproject.toml"), "--rootdir", str(tmp_path)),  # which takes the suite's log files
            *("--board", "python:tflm", "--models", str(models_folder)),
            *("--latency-baseline", str(ROOT / "hil_tests" / "baseline.json"), str(ROOT / "hil_tests")),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed
    assert int(passed[1]) >= LEAST_TESTS
