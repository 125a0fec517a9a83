"""One board, many who want it: never two of them have it, and who is dead has it no more."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mcubench.errors import LockedError, RigError
from mcubench.rig import RigBoard, hold, holder, holders, latch, state
from mcubench.rig.lock import keep, release
from mcubench.rig.process import process_start

BOARD = RigBoard("stm-1", "stm32f746", id="00AB", serial="/dev/ttyACM0")
PROCESSES, ROUNDS = 6, 40
TIMEOUT_S = 60.0
NOBODY = 65534
HOLD_AND_WAIT = """
import sys
from mcubench.rig import RigBoard, hold
with hold(RigBoard("stm-1", "stm32f746", id="00AB"), "a long sweep"):
    print("held", flush=True)
    sys.stdin.read()
"""

Change = Callable[[str, dict[str, Any]], None]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MCUBENCH_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def change() -> Change:
    """A function that changes who the file of BOARD says has it."""

    def change_it(slot: str, values: dict[str, Any]) -> None:
        path = state.state_file(BOARD, "lock")
        content = json.loads(path.read_text())
        content[slot] |= values
        path.write_text(json.dumps(content))

    return change_it


@pytest.fixture
def other_process() -> Iterator[subprocess.Popen[str]]:
    """A process that uses BOARD until it is ended."""
    command = [sys.executable, "-c", HOLD_AND_WAIT]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdout.readline() == "held\n"
        yield process
        process.kill()


def compete(barrier: Any, results: Any) -> None:
    """Try to have BOARD with everybody else at once, round by round; tell how often that was so."""
    won = 0
    for _ in range(ROUNDS):
        barrier.wait(TIMEOUT_S)
        try:
            with hold(BOARD, "a race"):
                barrier.wait(TIMEOUT_S)  # until all have tried
                won += 1
        except LockedError:
            barrier.wait(TIMEOUT_S)
        barrier.wait(TIMEOUT_S)
        if barrier.wait(TIMEOUT_S) == 0:  # one of them leaves what a dead process leaves
            leave_stale_lock()
        barrier.wait(TIMEOUT_S)
    results.put(won)


def leave_stale_lock() -> None:
    with hold(BOARD, "a race"):
        content = state.read_state(state.state_file(BOARD, "lock"))
    assert content
    content["used"]["started"] = "long ago"
    with state.change_state(state.state_file(BOARD, "lock")) as file:
        file.replace(content)


def test_of_many_at_once_exactly_one_has_the_board_and_takes_it_from_the_dead() -> None:
    logging.getLogger("mcubench.rig.lock").setLevel(logging.ERROR)
    context = multiprocessing.get_context("fork")
    barrier, results = context.Barrier(PROCESSES), context.Queue()
    processes = [context.Process(target=compete, args=(barrier, results), daemon=True) for _ in range(PROCESSES)]
    try:
        for process in processes:
            process.start()
        wins = [results.get(timeout=TIMEOUT_S) for _ in processes]
    finally:
        logging.getLogger("mcubench.rig.lock").setLevel(logging.NOTSET)
        for process in processes:
            process.kill()
            process.join(TIMEOUT_S)
    assert sum(wins) == ROUNDS


def test_who_holds_it_is_told_and_gone_afterwards() -> None:
    assert holder(BOARD) is None
    with hold(BOARD, "a sweep"):
        found = holder(BOARD)
        assert found
        assert (found.board, found.pid, found.reason) == ("stm-1", os.getpid(), "a sweep")
        assert holders() == [found]
        assert str(found).endswith(f"(pid {os.getpid()}) for 'a sweep' since {found.since}")
    assert holder(BOARD) is None
    assert holders() == []


def test_a_board_is_given_back_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), hold(BOARD, "a sweep"):
        _ = 1 // 0
    assert holder(BOARD) is None


def test_two_threads_of_a_process_do_not_share_a_board() -> None:
    refused: list[str] = []

    def second() -> None:
        try:
            with hold(BOARD, "the second"):
                pass
        except LockedError as exc:
            refused.append(str(exc))

    with hold(BOARD, "the first"):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    assert len(refused) == 1
    assert "for 'the first' since" in refused[0]
    assert "\n" not in refused[0]


def test_a_board_is_the_same_under_any_name_and_in_any_rig_file() -> None:
    same = replace(BOARD, name="mine", id="00ab", serial="socket://lab:1", file=Path("/a/rig.toml"))
    others = [replace(BOARD, id="00ac"), replace(BOARD, id=None), replace(BOARD, id=None, probe_id="00ab")]
    with hold(BOARD, "a sweep"):
        with pytest.raises(LockedError, match=r"^mine: in use by"), hold(same, "another"):
            pass
        for other in others:
            with hold(other, "another"):
                pass


def test_virtual_boards_of_two_rigs_are_two_even_with_one_made_up_id(tmp_path: Path) -> None:
    first = replace(BOARD, runner="virtual", probe_id="stm.probe", file=tmp_path / "a" / "rig.toml")
    other = replace(first, file=tmp_path / "b" / "rig.toml")
    with hold(first, "mine"), hold(other, "yours"), pytest.raises(LockedError), hold(replace(first, id="cd"), "mine"):
        pass


def test_the_board_of_a_living_process_is_refused_and_of_a_killed_one_taken_over(
    other_process: subprocess.Popen[str], caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(LockedError) as caught, hold(BOARD, "mine"):
        pass
    assert f"(pid {other_process.pid}) for 'a long sweep' since" in str(caught.value)
    with pytest.raises(LockedError):
        keep(BOARD, "mine")
    other_process.kill()
    os.waitid(os.P_PID, other_process.pid, os.WEXITED | os.WNOWAIT)  # dead, and nobody has asked how it ended
    assert holder(BOARD) is None
    assert caplog.messages == []
    with hold(BOARD, "mine"):
        pass
    (message,) = caplog.messages
    assert message.startswith("stm-1: taken over from ")
    assert f"(pid {other_process.pid}) for 'a long sweep' since" in message
    assert message.endswith(": that process is gone")


def test_a_later_process_with_the_same_number_is_not_the_holder(change: Change) -> None:
    with hold(BOARD, "mine"):
        change("used", {"started": "another time"})
        with hold(BOARD, "the number was given anew"):
            pass
        assert holder(BOARD) is None


def test_a_process_of_another_machine_may_be_alive(change: Change) -> None:
    with hold(BOARD, "mine"):
        change("used", {"host": "another", "started": "another time"})
        with pytest.raises(LockedError, match="@another"), hold(BOARD, "over the network"):
            pass


def test_who_is_robbed_does_not_rob_the_next_one() -> None:
    with hold(BOARD, "mine"):
        assert [each.reason for each in release(BOARD, force=True)] == ["mine"]
        with hold(BOARD, "the next"):
            pass
        next_one = hold(BOARD, "the next")
        next_one.__enter__()
    found = holder(BOARD)
    assert found
    assert found.reason == "the next"
    next_one.__exit__(None, None, None)
    assert holder(BOARD) is None


def test_a_folder_that_somebody_removed_costs_nothing_of_the_work(folder: Path) -> None:
    with hold(BOARD, "mine"):
        shutil.rmtree(folder)
    assert holder(BOARD) is None


def test_what_i_keep_only_i_can_use(change: Change) -> None:
    assert keep(BOARD, "scope on it") is None
    again = keep(BOARD, "still")
    assert again
    assert (again.reason, again.pid) == ("scope on it", None)
    with hold(BOARD, "a sweep"):
        assert {each.reason for each in holders()} == {"still", "a sweep"}
    found = holder(BOARD)
    assert found
    assert found.reason == "still"
    change("kept", {"user": "ann"})
    with pytest.raises(LockedError, match=r"ann@.* for 'still' since"), hold(BOARD, "a sweep"):
        pass
    with pytest.raises(LockedError, match="ann@"):
        keep(BOARD, "mine")
    with pytest.raises(LockedError, match="ann@"):
        release(BOARD)
    assert [each.user for each in release(BOARD, force=True)] == ["ann"]
    assert holder(BOARD) is None
    assert release(BOARD) == []


def test_a_living_process_is_robbed_only_by_force(other_process: subprocess.Popen[str]) -> None:
    with pytest.raises(LockedError, match="a long sweep"):
        release(BOARD)
    assert [each.pid for each in release(BOARD, force=True)] == [other_process.pid]
    with hold(BOARD, "mine"):
        pass


@pytest.mark.parametrize("text", ["nonsense", "[]", '{"used": 3}', '{"used": {"board": "x"}}'])
def test_a_file_of_somebody_else_is_one_line(folder: Path, text: str) -> None:
    with hold(BOARD, "mine"):
        pass
    path = next(folder.glob("*.lock"))
    path.write_text(text)
    with pytest.raises(RigError, match="found something else; remove the file") as caught, hold(BOARD, "mine"):
        pass
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_program_that_was_stopped_with_a_file_open_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "CHANGE_TIMEOUT_S", 0.1)
    with (
        state.change_state(state.state_file(BOARD, "lock")),
        pytest.raises(RigError, match=r"another program has had it open for 0.1 s"),
        hold(BOARD, "mine"),
    ):
        pass


def test_without_a_named_folder_all_users_share_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    private, shared = tmp_path / "private", tmp_path / "shared"
    private.mkdir(0o755)
    shared.mkdir()
    shared.chmod(0o1777)
    monkeypatch.delenv("MCUBENCH_STATE_DIR")
    monkeypatch.setattr(state, "SHARED_FOLDERS", (private, shared))
    with hold(BOARD, "mine"):
        (path,) = shared.glob("mcubench/*.lock")
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o1777
        assert stat.S_IMODE(path.stat().st_mode) == 0o666


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("MCUBENCH_STATE_DIR", str(tmp_path / "file" / "state"))
    with pytest.raises(RigError, match=r"cannot be made .*name a folder in \$MCUBENCH_STATE_DIR"), hold(BOARD, "mine"):
        pass


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_is_kept_out_takes_over_from_the_dead_and_latches(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as name:  # pytest's own folder is only for its user
        Path(name).chmod(0o1777)
        monkeypatch.setenv("MCUBENCH_STATE_DIR", name)

        def as_another(what: Callable[[], None]) -> int:
            """Return the exit code of a process of another user."""
            child = os.fork()
            if child == 0:
                code = 9
                try:
                    os.setgroups([])
                    os.setgid(NOBODY)
                    os.setuid(NOBODY)
                    what()
                    code = 0
                except LockedError:
                    code = 3
                finally:
                    os._exit(code)
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

        def use_it() -> None:
            with hold(BOARD, "as another user"):
                latch(BOARD, "it hung")

        keep(BOARD, "mine")
        assert as_another(use_it) == 3
        release(BOARD)
        leave_stale_lock()
        assert as_another(use_it) == 0
        with hold(BOARD, "mine again"):
            pass


def test_a_start_tells_one_process_from_the_next() -> None:
    first, second = (subprocess.Popen(["sleep", "60"]) for _ in range(2))
    try:
        starts = [process_start(each.pid) for each in (first, second)]
        assert None not in starts
        assert process_start(first.pid) == starts[0]
    finally:
        for each in (first, second):
            each.send_signal(signal.SIGKILL)
            each.wait()
    assert process_start(first.pid) is None
