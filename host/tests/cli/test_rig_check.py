from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "rig"))  # for named_boards; importlib mode adds no folder

from named_boards import named_boards
from talking_pty import talking_pty

from mcubench.deadline import Deadline
from mcubench.rig import holder, latch, latched, read_rig

Run = Callable[..., subprocess.CompletedProcess[str]]

DEADLINE_S = 30.0
BOARD = '[[boards]]\nname = "{name}"\nboard = "stm32f746"\nid = "{id}"\nserial = "{port}"\n'


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCUBENCH_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("MCUBENCH_RIG", raising=False)


@pytest.mark.parametrize("command", ["check", "scan"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_at_once_and_every_lock_is_given_back(
    tmp_path: Path, command: str, number: signal.Signals
) -> None:
    # As `python -m mcubench`, but with more patience than this test has; SIGINT is ignored where tests run in the
    # background of a shell.
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from mcubench import cli, rig\nfrom mcubench.rig import check, scan\n"
        "check.HELLO_TIMEOUT_S = scan.PATIENT_S = 1000.0\ncli.main()\n"
    )
    with talking_pty(b"") as one, talking_pty(b"") as other:
        entries = [("one", "aa", one), ("other", "bb", other)]
        (tmp_path / "rig.toml").write_text("".join(BOARD.format(name=n, id=uid, port=port) for n, uid, port in entries))
        boards = read_rig(tmp_path / "rig.toml").boards
        arguments = [sys.executable, "-c", program, "rig", command]
        with subprocess.Popen(arguments, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as asking:
            try:
                deadline = Deadline.after(DEADLINE_S)
                while not all(map(holder, boards)):
                    assert not deadline.expired
                    time.sleep(0.02)
                asking.send_signal(number)
                _, told = asking.communicate(timeout=DEADLINE_S)
            finally:
                asking.kill()
    assert asking.returncode == 128 + number
    assert told.splitlines()[-1] == f"mcubench: {'interrupted' if number == signal.SIGINT else 'ended by SIGTERM'}"
    assert [path.stat().st_size for path in (tmp_path / "state").glob("*.lock")] == [0, 0]


def in_terminal(columns: int, folder: Path, *arguments: str) -> list[str]:
    """Return the lines that a command prints in a terminal of that width."""
    master, slave = os.openpty()
    termios.tcsetwinsize(slave, (40, columns))
    command = [sys.executable, "-m", "mcubench", *arguments]
    environment = {key: each for key, each in os.environ.items() if key not in ("COLUMNS", "LINES", "NO_COLOR")}
    try:
        subprocess.run(
            command,
            cwd=folder,
            stdout=slave,
            stderr=subprocess.DEVNULL,
            env=environment | {"TERM": "xterm"},
            timeout=60,
        )
        text = os.read(master, 65536).decode()
    finally:
        os.close(master)
        os.close(slave)
    return [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line) for line in text.splitlines()]


def test_in_a_narrow_terminal_only_what_is_right_is_cut(tmp_path: Path) -> None:
    rig = tmp_path / "rig.toml"
    rig.write_text(BOARD.format(name="good", id="aa", port="0") + BOARD.format(name="gone", id="cc", port="2"))
    latch(read_rig(rig).boards[0], "it hung, " * 30)
    with named_boards(("stm32f746", "aa"), links=tmp_path):
        good, *gone = in_terminal(60, tmp_path, "rig", "check")
    assert len(good) <= 60
    assert good.startswith("good  ok: stm32f746, id aa, scripted, build ")
    assert good.endswith("…")
    assert "".join(gone).startswith("gone  silent: its port ")
    assert "…" not in "".join(gone)


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
