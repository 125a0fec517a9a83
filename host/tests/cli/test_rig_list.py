from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from mcubench.rig import hold, latch, read_rig
from mcubench.rig.state import state_file

Run = Callable[..., subprocess.CompletedProcess[str]]

RIG = """
[[boards]]
name = "here"
board = "stm32f746"
id = "aa"
serial = "port"
power = "uhubctl:1-1:2"
features = ["display", "sdram"]
notes = "[red]cracked[/red]"

[[boards]]
name = "away"
board = "nrf52840"
probe_id = "0010"
connected = false

[[boards]]
name = "far"
board = "esp32"
serial = "socket://host:4000"

[[boards]]
name = "lab"
board = "esp32"
serial = "labgrid:desk"
"""


@pytest.fixture(autouse=True)
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MCUBENCH_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("MCUBENCH_RIG", raising=False)
    (tmp_path / "port").touch()
    (tmp_path / "rig.toml").write_text(RIG)
    return tmp_path / "rig.toml"


def test_who_is_there_and_who_uses_it(mcubench: Run, rig: Path) -> None:
    here, away, *_ = read_rig(rig).boards
    latch(away, "it hung")
    with hold(here, "a sweep"):
        done = mcubench("rig", "list", "--json")
        table = mcubench("rig", "list")
    (rig.parent / "port").unlink()
    assert " absent" in mcubench("rig", "list").stdout
    rows = {row["name"]: row for row in json.loads(done.stdout)["boards"]}
    assert [(row["port"], row["present"]) for row in rows.values()] == [
        (str(rig.parent / "port"), True),
        ("0010", False),
        ("socket://host:4000", None),
        ("labgrid:desk", None),
    ]
    assert "for 'a sweep' since" in rows["here"]["holder"]
    assert rows["here"]["notes"] == "[red]cracked[/red]"
    assert rows["away"]["latched"].startswith("it hung (since ")
    assert (rows["far"]["holder"], rows["far"]["latched"]) == (None, None)
    assert table.returncode == 0
    for words in (
        "4 boards in rig.toml",
        "display, sdram",
        "not connected; latched broken: it hung",
        "in use by",
    ):
        assert words in table.stdout


@pytest.mark.parametrize("kind", ["lock", "latch"])
def test_an_unreadable_file_of_one_board_hides_no_other(mcubench: Run, rig: Path, kind: str) -> None:
    here, away, *_ = read_rig(rig).boards
    latch(away, "it hung")
    path = state_file(here, kind)
    path.write_text("nonsense")
    done, table = mcubench("rig", "list", "--json"), mcubench("rig", "list")
    assert (done.returncode, done.stderr, table.returncode) == (3, "", 3)
    rows = {row["name"]: row for row in json.loads(done.stdout)["boards"]}
    assert rows["here"]["unreadable"].startswith(f"{path}: expected ")
    assert rows["here"]["unreadable"].endswith("; remove the file")
    assert rows["here"]["holder"] is None
    assert rows["away"]["unreadable"] is None
    assert rows["away"]["latched"].startswith("it hung")
    assert "unreadable:" in table.stdout
    assert "it hung" in table.stdout


def test_mistakes_of_the_file_are_a_line_each(mcubench: Run, rig: Path) -> None:
    rig.write_text('[[boards]]\nname = "all"\nbord = "stm32f746"\nserial = "x"\n')
    done = mcubench("rig", "list")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "mcubench: rig.toml: 3 mistakes",
        "  rig.toml:1: board 'all': what is it? Say board = \"...\", as its firmware calls itself",
        "  rig.toml:2: board 'all', 'name': 'all' means something else as a board; choose another name",
        "  rig.toml:3: board 'all', 'bord': unknown key; did you mean 'board'?",
    ]


def test_a_single_mistake_is_the_only_line(mcubench: Run, rig: Path) -> None:
    rig.write_text("[[boards]\n")
    done = mcubench("rig", "list")
    assert done.returncode == 2
    assert done.stderr.startswith("mcubench: rig.toml: no valid TOML: ")
    assert len(done.stderr.splitlines()) == 1


def test_without_a_rig_file_there_is_a_line_that_says_how_to_get_one(mcubench: Run, rig: Path) -> None:
    rig.unlink()
    done = mcubench("rig", "list")
    assert done.returncode == 2
    assert "no rig file: neither --rig" in done.stderr
    assert "'mcubench rig scan --write' makes one" in done.stderr
    assert mcubench("rig", "list", "--rig", "none.toml").returncode == 2


def test_the_boards_of_the_rig_are_among_the_boards(mcubench: Run, rig: Path) -> None:
    done = mcubench("boards")
    assert "Boards of rig.toml" in done.stdout
    assert [row["name"] for row in json.loads(mcubench("boards", "--json").stdout)["rig"]] == [
        "here",
        "away",
        "far",
        "lab",
    ]
    rig.write_text("[[boards]]\nname = 1\n")
    mistaken = mcubench("boards")
    assert (mistaken.returncode, "Known boards" in mistaken.stdout) == (0, True)
    assert mistaken.stderr == "mcubench: rig.toml: 3 mistakes; its boards are left out, see 'mcubench rig list'\n"
    rig.unlink()
    assert "Boards of" not in mcubench("boards").stdout
    assert json.loads(mcubench("boards", "--json").stdout)["rig"] == []
