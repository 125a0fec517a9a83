from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mcubench.errors import RigError
from mcubench.recovery import RecoveryStep, Rung
from mcubench.rig import RigBoard, latch, latched, unlatch
from mcubench.rig.state import state_file

BOARD = RigBoard("stm-1", "stm32f746", id="00ab")
LATCH_IT = """
from mcubench.rig import RigBoard, latch
latch(RigBoard("its other name", "stm32f746", id="00AB"), "it hung")
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCUBENCH_STATE_DIR", str(tmp_path / "state"))


def test_a_latch_says_why_since_when_and_what_was_tried() -> None:
    assert latched(BOARD) is None
    steps = [RecoveryStep(Rung.SOFT_RESET, "silence", False, 5.0), RecoveryStep(Rung.POWER_CYCLE, "silence", True, 1.0)]
    latch(BOARD, "it hung", steps)
    found = latched(BOARD)
    assert found
    assert (found.board, found.why) == ("stm-1", "it hung")
    assert found.tried == ("soft reset: in vain", "power cycle: helped")
    assert found.since.endswith(" UTC")
    assert latched(replace(BOARD, id="00ac")) is None


def test_the_first_reason_stays_until_somebody_unlatches() -> None:
    latch(BOARD, "it hung")
    latch(BOARD, "it is latched")
    found = latched(BOARD)
    assert found
    assert found.why == "it hung"
    assert unlatch(BOARD) == found
    assert latched(BOARD) is None
    assert unlatch(BOARD) is None
    latch(BOARD, "again")
    again = latched(BOARD)
    assert again
    assert again.why == "again"


def test_a_latch_outlives_the_process_and_holds_under_any_name() -> None:
    subprocess.run([sys.executable, "-c", LATCH_IT], check=True, timeout=60)
    found = latched(BOARD)
    assert found
    assert found.why == "it hung"


@pytest.mark.parametrize("content", ["{", json.dumps({"why": "it hung"})])
def test_a_file_of_somebody_else_is_one_line(content: str) -> None:
    latch(BOARD, "it hung")
    state_file(BOARD, "latch").write_text(content)
    with pytest.raises(RigError, match="found something else; remove the file"):
        latched(BOARD)
