"""A board that hangs, and drivers that bring it back from outside its line; a board that is silent from the start."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from talking_pty import talking_pty

from mcubench.boards import BoardAddress, ChildBoard, open_board
from mcubench.errors import RestartedError, RigError
from mcubench.link import Transcript
from mcubench.protocol import Board
from mcubench.recovery import (
    DebugProbe,
    HubPort,
    Ladder,
    PowerScript,
    RecoveryStep,
    ResetDriver,
    Rung,
    ladder,
    say_hello,
)

Freeze = Callable[[int], None]
VAIN_S = 0.3
LONG_S = 20.0
PROBE_WORDS = "reset --no-wait --no-config --uid 066DFF48 --target cortex_m"
HUB_WORDS = "-l 1-1.4 -p 2 -a cycle"


@dataclass
class Recorder:
    """A test double of a driver: it notes that it was called, and does nothing, or what `act` does."""

    rung: Rung
    called: list[Rung] = field(default_factory=list)
    act: Callable[[], None] = lambda: None

    def reset(self, port: str, board: str) -> None:  # noqa: ARG002 - a double
        self.called.append(self.rung)
        self.act()


class Lost:
    """A board at `name` that hangs; `come_back` puts the same board, as it is after a reset, in its place."""

    def __init__(self, name: Path, hanging: ChildBoard, fresh: ChildBoard, freeze: Freeze) -> None:
        self.name = name
        self.fresh = fresh
        self._hanging = hanging
        self._freeze = freeze
        self.address = BoardAddress("left-1", port=str(name), expected_board="native")

    @property
    def come_back_command(self) -> str:
        return f"ln -sfn {self.fresh.port} {self.name}"

    def come_back(self) -> None:
        self.name.unlink()
        self.name.symlink_to(self.fresh.port)

    def hang(self) -> None:
        self._freeze(self._hanging.pid)


@pytest.fixture
def lost(echo_program: Path, tmp_path: Path, freeze: Freeze, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lost]:
    monkeypatch.setattr(ladder, "REOPEN_TIMEOUT_S", VAIN_S)
    with ChildBoard("hangs", [str(echo_program)]) as hanging, ChildBoard("fresh", [str(echo_program)]) as fresh:
        name = tmp_path / "by-id"
        name.symlink_to(hanging.port)
        try:
            yield Lost(name, hanging, fresh, freeze)
        finally:
            name.unlink()
            hanging.kill()


def tried(steps: Sequence[RecoveryStep]) -> list[tuple[str, bool]]:
    return [(str(step.step), step.ok) for step in steps]


def rescue_frozen(lost: Lost, drivers: Sequence[ResetDriver], monkeypatch: pytest.MonkeyPatch) -> Ladder:
    """Hang a board while it is open, and let drivers bring it back."""
    with open_board(lost.address) as opened:
        rescuer = Ladder(opened, drivers)
        board = Board(opened.link, rescuer)
        board.connect()
        rungs = [driver.rung for driver in drivers]

        def on_rung(rung: Rung | None) -> None:
            monkeypatch.setattr(ladder, "HELLO_TIMEOUT_S", LONG_S if rung in rungs[-1:] else VAIN_S)

        rescuer.on_rung = on_rung
        lost.hang()
        with pytest.raises(RestartedError):
            board.recover(RigError("silence"))
        assert board.info().boot_count == 1
    return rescuer


IN_VAIN = [("resynchronise", False), ("soft reset", False), ("re-open the port", False)]


@pytest.mark.parametrize(
    ("driver", "program", "words"),
    [(DebugProbe("066DFF48"), "pyocd", PROBE_WORDS), (HubPort("1-1.4", "2"), "uhubctl", HUB_WORDS)],
    ids=["debug probe", "hub"],
)
def test_a_board_that_hangs_is_brought_back_by_a_program(
    driver: ResetDriver, program: str, words: str, lost: Lost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    double = tmp_path / program
    double.write_text(f'#!/bin/sh\n[ "$*" = "{words}" ] && {lost.come_back_command}\n')
    double.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    rescuer = rescue_frozen(lost, [driver], monkeypatch)
    assert tried(rescuer.steps) == [*IN_VAIN, (str(driver.rung), True)]


def test_a_driver_that_fails_is_noted_and_the_next_is_tried_gentlest_first(
    lost: Lost, monkeypatch: pytest.MonkeyPatch
) -> None:
    power = PowerScript(lost.come_back_command)
    person = Recorder(Rung.BY_HAND)
    broken = PowerScript("echo no hub; exit 5")
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    rescuer = rescue_frozen(lost, [person, broken, DebugProbe("no such"), power], monkeypatch)
    assert tried(rescuer.steps) == [*IN_VAIN, ("debug probe", False), ("power cycle", False), ("power cycle", True)]
    assert "pyocd" in rescuer.steps[4].why
    assert "no hub" in rescuer.steps[5].why
    assert person.called == []


def test_a_persons_power_cycle_comes_last(lost: Lost, monkeypatch: pytest.MonkeyPatch) -> None:
    power = Recorder(Rung.POWER_CYCLE)
    person = Recorder(Rung.BY_HAND, act=lost.come_back)
    rescuer = rescue_frozen(lost, [power, person], monkeypatch)
    assert tried(rescuer.steps) == [*IN_VAIN, ("power cycle", False), ("power cycle by hand", True)]


@pytest.mark.parametrize(("rung", "waits"), [(Rung.POWER_CYCLE, False), (Rung.BY_HAND, True)])
def test_a_watchdog_is_waited_for_before_a_person_is_asked(
    rung: Rung, waits: bool, lost: Lost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ladder, "WATCHDOG_SLACK_S", 0.0)
    monkeypatch.setattr(ladder, "HELLO_TIMEOUT_S", VAIN_S)
    driver = Recorder(rung)
    with open_board(lost.address) as opened:
        board = Board(opened.link, rescuer := Ladder(opened, [driver]))
        board.connect()
        board._information = replace(board.information, watchdog_ms=1)
        lost.hang()
        with pytest.raises(RigError, match="tried in vain"):
            board.recover(RigError("silence"))
    expected = ["wait for the watchdog"] * waits + [str(rung)]
    assert [name for name, _ in tried(rescuer.steps)[len(IN_VAIN) :]] == expected
    assert driver.called == [rung]


def test_a_reset_line_that_a_driver_pulls_is_tried_with_the_ladders_own(
    lost: Lost, monkeypatch: pytest.MonkeyPatch
) -> None:
    rescuer = rescue_frozen(lost, [Recorder(Rung.RESET_LINE, act=lost.come_back)], monkeypatch)
    assert tried(rescuer.steps) == [*IN_VAIN[:2], ("reset line", True)]


def test_a_board_of_the_rig_that_is_silent_at_first_is_brought_back(
    lost: Lost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ladder, "HELLO_TIMEOUT_S", LONG_S)
    told = f'echo "$MCUBENCH_PORT $MCUBENCH_BOARD $MCUBENCH_NAME" > {tmp_path}/told'
    lost.hang()
    with open_board(lost.address) as opened:
        rescuer = Ladder(opened, [PowerScript(f"{told}; {lost.come_back_command}", "left-1")])
        board = Board(opened.link, rescuer)
        info = say_hello(board, rescuer, VAIN_S)
        assert (info.board, info.boot_count) == ("native", 1)
        assert board.info().mark == board.mark
    assert tried(rescuer.steps) == [("power cycle", True)]
    assert (tmp_path / "told").read_text() == f"{lost.name} native left-1\n"


def test_what_nothing_brings_to_its_first_answer_is_the_rigs_fault(lost: Lost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ladder, "HELLO_TIMEOUT_S", VAIN_S)
    lost.hang()
    drivers = [Recorder(Rung.DEBUG_PROBE), Recorder(Rung.BY_HAND)]
    with open_board(lost.address) as opened:
        rescuer = Ladder(opened, drivers)
        words = (
            r"no answer within 0.3 s .*; tried in vain: debug probe \(no answer .*\), power cycle by hand \(no answer"
        )
        with pytest.raises(RigError, match=words) as caught:
            say_hello(Board(opened.link, rescuer), rescuer, VAIN_S)
    assert caught.value.exit_code == 3
    assert "\n" not in str(caught.value)
    assert [driver.called for driver in drivers] == [[Rung.DEBUG_PROBE], [Rung.BY_HAND]]


def test_what_talks_something_else_gets_no_reset_and_nobody_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ladder, "HELLO_TIMEOUT_S", VAIN_S)
    monkeypatch.setattr(ladder, "REOPEN_TIMEOUT_S", VAIN_S)
    drivers = [Recorder(rung) for rung in (Rung.DEBUG_PROBE, Rung.POWER_CYCLE, Rung.BY_HAND)]
    pulses: list[bool] = []
    transcript = Transcript()
    with (
        talking_pty(b"$GPGGA,1*00\r\n") as port,
        open_board(BoardAddress("left-1", port=port), transcript=transcript) as opened,
    ):
        monkeypatch.setattr(opened, "pulse_reset", lambda: pulses.append(True))
        rescuer = Ladder(opened, drivers)
        with pytest.raises(RigError, match="no mcubench board answers there"):
            say_hello(Board(opened.link, rescuer), rescuer, VAIN_S)
    assert [bool(driver.called) for driver in drivers] == [True, True, False]
    assert pulses == []
    assert "info" in str(transcript)
    assert "reset" not in str(transcript)


def test_a_board_that_answers_at_once_is_left_alone(lost: Lost) -> None:
    driver = Recorder(Rung.POWER_CYCLE)
    with open_board(lost.address) as opened:
        rescuer = Ladder(opened, [driver])
        assert say_hello(Board(opened.link, rescuer), rescuer, LONG_S).board == "native"
    assert (rescuer.steps, driver.called) == ([], [])
