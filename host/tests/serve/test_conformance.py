"""The HIL suite, which says what a good board must show, on a Python board: its tests of protocol and outputs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SUITE = ("test_frames.py", "test_text_commands.py", "test_text_line.py", "test_outputs.py")
DOES_NOT_APPLY = {
    "test_damaged_trailer_is_answered_with_crc_and_not_carried_out": "needs two clock settings",
    "test_info_says_how_the_image_was_built": "the flags of a wheel's compiler are not known",
    "test_layers_add_up_to_no_more_than_the_window": "neither engine times its layers",
}
LEAST_TESTS = 100


def test_the_hil_suite_passes_where_it_applies(tmp_path: Path, models_folder: Path) -> None:
    pytest.importorskip("tflite_micro", reason="pip install 'mcubench[serve]'")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            *("-c", str(ROOT / "pyproject.toml"), "--rootdir", str(tmp_path)),  # which takes the suite's log files
            *("--board", "python:tflm", "--models", str(models_folder)),
            *("-k", " and ".join(f"not {name}" for name in DOES_NOT_APPLY)),
            *(str(ROOT / "hil_tests" / name) for name in SUITE),
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
