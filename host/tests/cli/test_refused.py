"""`mcubench sweep` of models of which there can be no image: a failed point each, whatever clocks were asked for."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from dense_folder import write_dense_folder

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("clock", ["main", "all", "216"])
def test_where_no_model_has_an_image_nobody_is_asked_for_clocks(tmp_path: Path, clock: str) -> None:
    if not (ROOT / ".pio-core" / "packages" / "tool-scons").is_dir():
        pytest.skip("no .pio-core/packages/tool-scons: run `make setup`")
    write_dense_folder(tmp_path, "wide", 240_000, 1)  # an input larger than the board's arena
    files = ("--db", tmp_path / "r.db", "--json", tmp_path / "o.json")
    command = [sys.executable, "-m", "mcubench", "sweep", "--board", "virtual:stm32f746", "--model", "wide"]
    command += map(str, ("--models", tmp_path, "--clock", clock, *files))
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1, done.stderr
    (record,) = json.loads((tmp_path / "o.json").read_text())
    assert (record["status"], record["settings"]) == ("failed", {})
    assert "the board has 229376" in record["error"]
    assert [record[key] for key in ("cycles_median", "score", "flash_model_bytes")] == [None, None, None]
    assert "1 of 1 points failed" in done.stderr.splitlines()[-1]
