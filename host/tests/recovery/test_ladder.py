"""Real boards that are killed, frozen, unplugged, renamed or deaf, and what brings them back."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from faulty_line import FaultyLine

from mcubench.boards import BoardAddress, ChildBoard
from mcubench.deadline import Deadline
from mcubench.errors import LinkError, RestartedError, RigError
from mcubench.link import parse_line_fault
from mcubench.recovery import PowerSwitch, ladder, power

Rescue = Any
WAIT_S = 0.3


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what is in vain be in vain soon."""
    monkeypatch.setattr(ladder, "HELLO_TIMEOUT_S", 1.0)
    monkeypatch.setattr(ladder, "REOPEN_TIMEOUT_S", WAIT_S)


def lost(rescued: Any) -> LinkError:
    return LinkError(rescued.board.port, "the port went away")


def test_a_program_that_was_killed_is_started_anew_and_its_work_is_void(rescue: Rescue, native: BoardAddress) -> None:
    rescued = rescue(native)
    first = rescued.opened.child
    first.kill()
    with pytest.raises(RestartedError) as caught:
        rescued.board.info()
    assert caught.value.cause == "power-on"
    assert rescued.rungs == [("power cycle", True)]
    assert "the port went away" in rescued.ladder.steps[0].why
    assert rescued.opened.child is not first
    assert rescued.board.info().boot_count == 1
    assert len(rescued.ladder.steps) == 1


def test_a_cable_that_was_pulled_costs_the_board_nothing(rescue: Rescue, native: BoardAddress) -> None:
    fault = parse_line_fault("disconnect:every_bytes=5000,away_s=0.05")
    rescued = rescue(replace(native, line_faults=(fault,)))
    rescued.board.select("echo")
    for _ in range(20):
        rescued.ladder.note_progress()
        assert rescued.board.info().mark == rescued.board.information.mark
    assert len(rescued.rungs) >= 2
    assert set(rescued.rungs) == {("re-open the port", True)}


def test_a_port_that_comes_back_somewhere_else_is_found(rescue: Rescue, echo_port: str, tmp_path: Path) -> None:
    name = tmp_path / "by-id"
    with ExitStack() as stack:
        line = stack.enter_context(ExitStack())
        name.symlink_to(line.enter_context(FaultyLine(echo_port, bytes, bytes)).port)
        rescued = rescue(BoardAddress(str(name), port=str(name)))
        rescued.board.select("echo")
        name.unlink()
        line.close()

        def plug_in() -> None:
            time.sleep(WAIT_S)
            name.symlink_to(stack.enter_context(FaultyLine(echo_port, bytes, bytes)).port)

        thread = threading.Thread(target=plug_in)
        thread.start()
        assert rescued.board.models()
        thread.join()
        assert rescued.rungs == [("re-open the port", True)]
        assert rescued.ladder.steps[0].took_s >= WAIT_S - 0.1
        rescued.opened.close()


@pytest.mark.usefixtures("impatient")
def test_another_board_in_its_place_is_not_taken_for_it(
    rescue: Rescue, echo_program: Path, mnist_program: Path, tmp_path: Path
) -> None:
    name = tmp_path / "by-id"
    with ChildBoard("first", [str(echo_program)]) as first, ChildBoard("other", [str(mnist_program)]) as other:
        name.symlink_to(first.port)
        rescued = rescue(BoardAddress(str(name), port=str(name)))
        first.kill()
        name.unlink()
        name.symlink_to(other.port)
        with pytest.raises(LinkError, match=r"went away.*tried in vain: re-open the port \(another board answers, its"):
            rescued.board.info()


@pytest.mark.usefixtures("impatient")
def test_what_is_frozen_is_tried_with_everything_in_order(rescue: Rescue, native: BoardAddress) -> None:
    rescued = rescue(native)
    os.killpg(rescued.opened.child.pid, signal.SIGSTOP)
    board = rescued.board
    with pytest.raises(RestartedError):
        board.recover(RigError("silence"))
    assert rescued.rungs == [
        ("resynchronise", False),
        ("soft reset", False),
        ("re-open the port", False),  # a pty has no reset line
        ("power cycle", True),
    ]
    assert rescued.ladder.steps[0].why == "silence"
    assert "no answer within" in rescued.ladder.steps[1].why
    assert board.info().boot_cause == "power-on"


@pytest.mark.usefixtures("impatient")
def test_a_board_whose_answers_do_not_come_is_reset_by_command(rescue: Rescue, echo_port: str) -> None:
    state = {"mute": False}

    def to_board(data: bytes) -> bytes:
        if b"reset\n" in data:
            state["mute"] = False
        return data

    with FaultyLine(echo_port, lambda data: b"" if state["mute"] else data, to_board) as line:
        rescued = rescue(BoardAddress(line.port, port=line.port))
        state["mute"] = True
        with pytest.raises(RestartedError) as caught:
            rescued.board.recover(RigError("silence"))
        rescued.opened.close()
    assert caught.value.cause == "software"
    assert rescued.rungs == [("resynchronise", False), ("soft reset", True)]


def test_a_board_that_only_lost_step_is_not_reset(rescue: Rescue, native: BoardAddress) -> None:
    rescued = rescue(native)
    rescued.board.channel.send_bytes(b"\0\1 half a frame")
    rescued.board.recover(RigError("garbage"))
    assert rescued.rungs == [("resynchronise", True)]
    rescued.board.info()


def power_hook(folder: Path, old: Path, new: str) -> PowerSwitch:
    """Return a command that puts another board in the place of the first, and writes down what it was told."""
    return PowerSwitch(f'echo "$MCUBENCH_PORT $MCUBENCH_BOARD" > {folder}/told; ln -sfn {new} {old}')


@pytest.mark.usefixtures("impatient")
def test_the_power_is_cycled_by_the_users_command(rescue: Rescue, echo_program: Path, tmp_path: Path) -> None:
    name = tmp_path / "by-id"
    with ChildBoard("off", [str(echo_program)]) as off, ChildBoard("on again", [str(echo_program)]) as on:
        name.symlink_to(off.port)
        rescued = rescue(BoardAddress(str(name), port=str(name)), power_hook(tmp_path, name, on.port))
        off.kill()
        with pytest.raises(RestartedError, match="cause: power-on"):
            rescued.board.info()
        assert rescued.rungs == [("re-open the port", False), ("power cycle", True)]
        assert (tmp_path / "told").read_text() == f"{name} native\n"
        rescued.opened.close()


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("echo the hub is gone >&2; exit 5", "ended with exit code 5; it said: the hub is gone"),
        ("sleep 60", "had not ended after 0.3 s"),
        ("true", "no such port"),
    ],
)
def test_a_board_that_nothing_brings_back_is_given_up_in_time(
    rescue: Rescue, echo_program: Path, monkeypatch: pytest.MonkeyPatch, command: str, words: str
) -> None:
    monkeypatch.setattr(power, "SWITCH_TIMEOUT_S", WAIT_S)
    with ChildBoard("off", [str(echo_program)]) as off:
        rescued = rescue(BoardAddress(off.port, port=off.port), PowerSwitch(command))
        off.kill()
        deadline = Deadline.after(10)
        with pytest.raises(LinkError, match="tried in vain: re-open the port") as caught:
            rescued.board.info()
    assert not deadline.expired
    message = str(caught.value)
    assert message.startswith(f"{off.port}: the port went away")
    assert f"power cycle ({'' if words.startswith('no') else repr(command) + ' '}{words}" in message
    assert "\n" not in message
    assert [ok for _, ok in rescued.rungs] == [False] * len(rescued.rungs)


def test_what_helps_again_and_again_without_progress_does_not_help(rescue: Rescue, native: BoardAddress) -> None:
    rescued = rescue(native)
    for _ in range(3):
        rescued.board.recover(lost(rescued))
    rescued.ladder.note_progress()
    for _ in range(3):
        rescued.board.recover(lost(rescued))
    assert rescued.rungs == [("re-open the port", True)] * 6
    with pytest.raises(RestartedError):  # the next rung
        rescued.board.recover(lost(rescued))
    assert rescued.rungs[6] == ("soft reset", True)


def test_a_board_that_is_to_end_is_not_started_again(rescue: Rescue, native: BoardAddress) -> None:
    rescued = rescue(native)
    rescued.opened.end()
    with pytest.raises(LinkError, match="went away"):
        rescued.board.info()
    assert rescued.rungs == []
    with pytest.raises(RigError, match="it was ended"):
        rescued.opened.restart()


def test_each_rung_is_told_before_it_is_tried(rescue: Rescue, native: BoardAddress) -> None:
    rescued = rescue(native)
    told: list[Any] = []
    rescued.ladder.on_rung = told.append
    rescued.board.recover(lost(rescued))
    assert told == ["re-open the port", None]
