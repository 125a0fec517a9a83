from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from mcubench.rig import hold, read_rig
from mcubench.rig.state import state_file

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(autouse=True)
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MCUBENCH_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("MCUBENCH_RIG", raising=False)
    path = tmp_path / "rig.toml"
    path.write_text(
        "".join(
            f'[[boards]]\nname = "{name}"\nboard = "stm32f746"\nid = "{uid}"\nserial = "{name}"\n'
            for name, uid in (("red", "aa"), ("blue", "bb"))
        )
    )
    return path


def test_a_board_is_kept_seen_and_given_back(mcubench: Run) -> None:
    free = mcubench("rig", "who")
    kept = mcubench("rig", "lock", "red", "--reason", "scope on it")
    who, rows = mcubench("rig", "who"), json.loads(mcubench("rig", "who", "--json").stdout)
    back, again = mcubench("rig", "unlock", "red"), mcubench("rig", "unlock", "red")
    assert [each.returncode for each in (free, kept, who, back, again)] == [0] * 5
    assert free.stdout == "nobody uses a board\n"
    assert kept.stdout == "red: yours until 'mcubench rig unlock red'\n"
    assert "scope on it" in who.stdout
    (row,) = rows
    assert (row["board"], row["pid"], row["reason"]) == ("red", None, "scope on it")
    assert back.stdout.startswith(f"red: was in use by {row['user']}@{row['host']} for 'scope on it' since ")
    assert again.stdout == "red: nobody had it\n"
    assert json.loads(mcubench("rig", "who", "--json").stdout) == []


def test_what_a_process_uses_is_taken_from_it_only_by_force(mcubench: Run, rig: Path) -> None:
    _, blue = read_rig(rig).boards
    with hold(blue, "a [long] sweep"):
        lock, unlock = mcubench("rig", "lock", "red", "blue"), mcubench("rig", "unlock", "blue")
        who = mcubench("rig", "who").stdout
        rows = json.loads(mcubench("rig", "who", "--json").stdout)
        forced = mcubench("rig", "unlock", "blue", "--force")
    assert [each.returncode for each in (lock, unlock, forced)] == [3, 3, 0]
    assert (
        f"blue: in use by {rows[0]['user']}@{rows[0]['host']} (pid {os.getpid()}) for 'a [long] sweep'" in lock.stderr
    )
    assert len(lock.stderr.splitlines()) == 1
    assert "--force takes it away" in unlock.stderr
    assert "a [long] sweep" in who
    assert [row["board"] for row in rows] == ["blue"], "red was not kept either"
    assert forced.stdout.startswith("blue: was in use by")


def test_an_unreadable_lock_is_a_line_and_hides_nobody(mcubench: Run, rig: Path) -> None:
    red, blue = read_rig(rig).boards
    path = state_file(red, "lock")
    path.write_text("nonsense")
    alone = mcubench("rig", "who")
    with hold(blue, "a sweep"):
        who, rows = mcubench("rig", "who"), mcubench("rig", "who", "--json")
    assert [each.returncode for each in (alone, who, rows)] == [3] * 3
    for each in (alone, who, rows):
        (line,) = each.stderr.splitlines()
        assert line.startswith(f"mcubench: unreadable: {path}: expected ")
        assert line.endswith("; remove the file")
    assert alone.stdout == ""
    assert "a sweep" in who.stdout
    assert [row["board"] for row in json.loads(rows.stdout)] == ["blue"]
    path.unlink()
    assert mcubench("rig", "who").returncode == 0


def test_a_person_is_kept_out_by_another(mcubench: Run, rig: Path) -> None:
    mcubench("rig", "lock", "red", "--reason", "mine")
    path = state_file(read_rig(rig).boards[0], "lock")
    path.write_text(path.read_text().replace('"user": "', '"user": "not '))
    lock, unlock = mcubench("rig", "lock", "red"), mcubench("rig", "unlock", "all")
    assert (lock.returncode, unlock.returncode) == (3, 3)
    assert "for 'mine' since" in lock.stderr
    assert "for 'mine' since" in unlock.stderr


def test_names_that_there_are_not_are_bad_input(mcubench: Run) -> None:
    for command in ("lock", "unlock"):
        done = mcubench("rig", command, "green")
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
        assert "green" in done.stderr
