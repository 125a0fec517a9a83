from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tools"))  # for tflite_builder, which dense_folder uses

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def mcubench(tmp_path: Path, models_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A function that runs the command line in an empty folder."""
    monkeypatch.setenv("MCUBENCH_MODELS", str(models_folder))

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "mcubench", *(str(each) for each in arguments)]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)

    return run
