"""Board programs that do what they should not, and what happens to a good one when the host dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mcubench.boards import ChildBoard, child
from mcubench.deadline import Deadline
from mcubench.errors import InputError, RigError


def program(*lines: str) -> list[str]:
    return [sys.executable, "-c", "\n".join(("import sys, time", *lines))]


def test_the_words_behind_the_port_are_kept() -> None:
    script = program("print('pty /dev/pts/x timing_model=m7-1 more', flush=True)", "time.sleep(60)")
    with ChildBoard("x", script) as board:
        assert (board.port, board.timing_model) == ("/dev/pts/x", "m7-1")


def test_a_program_that_refuses_its_arguments_is_an_input_error_with_its_own_words() -> None:
    script = program("print('warming up', file=sys.stderr)", "print('no such fault', file=sys.stderr)", "sys.exit(2)")
    with pytest.raises(InputError, match="board x: no such fault"):
        ChildBoard("x", script)


def test_a_program_that_fails_is_a_rig_error_with_its_last_words() -> None:
    with pytest.raises(RigError, match="exit code 1; it said: ZeroDivisionError"):
        ChildBoard("x", program("1 / 0"))


def test_a_program_that_names_no_port_in_time_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "START_TIMEOUT_S", 0.5)
    with pytest.raises(RigError, match=r"expected 'pty <path>' within 0\.5 s"):
        ChildBoard("x", program("print('hello')", "time.sleep(60)"))


def test_a_program_that_is_not_there_is_an_input_error() -> None:
    with pytest.raises(InputError, match="nosuch"):
        ChildBoard("x", ["/nosuch/program"])


def test_a_program_that_does_not_end_when_asked_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "END_TIMEOUT_S", 0.2)
    stubborn = ("import signal", "signal.signal(signal.SIGTERM, signal.SIG_IGN)")
    with ChildBoard("x", program(*stubborn, "print('pty x', flush=True)", "time.sleep(60)")) as board:
        process = board._process
    assert process.returncode == -signal.SIGKILL


def test_the_program_goes_when_the_host_is_killed(echo_program: Path) -> None:
    host = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time; from mcubench.boards import ChildBoard;"
            "board = ChildBoard('x', [sys.argv[1]]); print(board._process.pid, flush=True); time.sleep(60)",
            str(echo_program),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    with host:
        assert host.stdout is not None
        board_id = int(host.stdout.readline())
        os.kill(board_id, 0)
        host.kill()
    deadline = Deadline.after(10)
    while is_running(board_id) and not deadline.expired:
        time.sleep(0.01)
    assert not is_running(board_id)


def test_a_program_whose_host_died_before_it_was_tied_to_it_does_not_start() -> None:
    command = child._tied_to_us(["echo", "started"])
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "started\n"
    # Its parent is a shell now, and not the one that the tie was made for.
    orphan = subprocess.run(["sh", "-c", '"$@"; exit $?', "sh", *command], capture_output=True, text=True)
    assert (orphan.returncode, orphan.stdout) == (1, "")


def is_running(process_id: int) -> bool:
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"  # nobody may be there to collect an orphan
