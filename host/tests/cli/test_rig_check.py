from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "rig"))  # for named_boards; importlib mode adds no folder

from named_boards import named_boards

from mcubench.rig import latch, latched, read_rig

Run = Callable[..., subprocess.CompletedProcess[str]]

BOARD = '[[boards]]\nname = "{name}"\nboard = "stm32f746"\nid = "{id}"\nserial = "{port}"\n'


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCUBENCH_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("MCUBENCH_RIG", raising=False)


def test_each_board_says_who_it_is_or_why_not(mcubench: Run, tmp_path: Path) -> None:
    entries = [("good", "aa", "0"), ("other", "dd", "1"), ("gone", "cc", "2")]
    rig = tmp_path / "rig.toml"
    rig.write_text("".join(BOARD.format(name=name, id=uid, port=port) for name, uid, port in entries))
    good = read_rig(rig).boards[0]
    latch(good, "it hung")
    with named_boards(("stm32f746", "aa"), ("nrf52840", "bb"), links=tmp_path):
        done = mcubench("rig", "check")
        alone = mcubench("rig", "check", "go", "--json")
        only = mcubench("rig", "check", "good", "--json")
    assert done.returncode == 3
    lines = done.stdout.splitlines()
    assert lines[0].startswith("good   ok: stm32f746, id aa, scripted, build ")
    assert lines[0].endswith("; unlatched, it was latched broken: it hung")
    assert lines[1].startswith("other  other: another board answers at ")
    assert "expected stm32f746 with id dd, seen nrf52840 with id bb" in lines[1]
    assert lines[2].startswith("gone   silent: its port ")
    assert latched(good) is None
    assert (alone.returncode, "may be any of good, gone" in alone.stderr) == (2, True)
    assert only.returncode == 0
    (row,) = json.loads(only.stdout)
    assert (row["name"], row["verdict"], row["why"], row["id"]) == ("good", "ok", None, "aa")
