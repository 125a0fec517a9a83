"""The PC as a board, with an engine whose models are one line of arithmetic, and pytest runs of their own on it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

FIRMWARE = Path(__file__).resolve().parents[3] / "firmware"
# Everything that is turned on in this repository, so that the plugin is seen to be clean.
STRICT = """
[pytest]
addopts = --strict-markers --strict-config --import-mode=importlib -p no:cacheprovider
filterwarnings = error
"""


@pytest.fixture(scope="session")
def native_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("native")
    command = ["make", "-s", "-C", str(FIRMWARE / "native"), "ENGINE=test", f"OUT={out}"]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return out / "board"


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """An empty suite with our settings. Runs are processes of their own, as a user's are."""
    pytester.makeini(STRICT)
    return pytester


@pytest.fixture
def run_on_board(suite: pytest.Pytester, native_program: Path):
    """Write a test file and run it on a native board."""

    def run(code: str, *arguments: str) -> pytest.RunResult:
        suite.makepyfile(test_it=code)
        return suite.runpytest_subprocess("--board", f"native:{native_program}", *arguments, timeout=60)

    return run
