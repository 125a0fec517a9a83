"""Points whose board is reset, crashes or dies while they are measured."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mcubench.boards import BoardAddress, OpenBoard, open_board
from mcubench.errors import RigError
from mcubench.measure import Bench, Point, Settings, measure_point
from mcubench.models import Model, Vectors
from mcubench.protocol import Board
from mcubench.recovery import Ladder
from mcubench.store import Record, same_results

SETTINGS = Settings(samples=10, cold_samples=2)
STREAMING = "checking 40 vectors"
TIMING = "timing 10 inferences"
LAST = "reading the stack's high-water mark"
LOCATED = "firmware/common/stream.c:1 (f)"


class Rig:
    """A bench whose board can be done something to at some step of a point."""

    def __init__(self, opened: OpenBoard, model: Model, vectors: Vectors) -> None:
        self.opened = opened
        self.steps: list[str] = []
        ladder = Ladder(opened)
        board = Board(opened.link, ladder)
        self.bench = Bench(
            board, board.connect(), board.models(), None, opened.end, "native", ladder, locate=lambda _: LOCATED
        )
        clock = next(setting for setting in board.clocks().settings if setting.name == "1000")
        self.point = Point(self.bench.info.board, self.bench.info.engine, model, clock, 40)
        self.vectors = vectors

    def measure(self, at: str = "", do: Callable[[], None] = lambda: None, times: int = 1) -> Record:
        """Measure the point; at the first `times` steps that are called `at`, `do` it to the board.

        A step that goes on after the board was brought back is told once more, but is none of these.
        """
        left = times

        def on_step(name: str) -> None:
            nonlocal left
            goes_on = bool(self.steps) and self.steps[-1].startswith("recovering")
            self.steps.append(name)
            if name == at and left and not goes_on:
                left -= 1
                do()

        return measure_point(self.bench, self.point, self.vectors, SETTINGS, "run", on_step)

    def kill(self) -> None:
        """Kill the program that is the board."""
        assert self.opened.child
        os.killpg(self.opened.child.pid, signal.SIGKILL)

    def crash(self) -> None:
        """Make the core crash; the power stays on."""
        assert self.opened.child
        pid = self.opened.child.pid
        core = int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
        os.kill(core, signal.SIGSEGV)

    def reset(self) -> None:
        """Reset the board behind the host's back."""
        self.bench.board.channel.send_text("reset")


@pytest.fixture
def rig(mnist_program: Path, int8: Model, vectors: Vectors) -> Iterator[Rig]:
    with open_board(BoardAddress("native", command=(str(mnist_program),))) as opened:
        yield Rig(opened, int8, vectors)


def test_an_undisturbed_point_says_so(rig: Rig) -> None:
    record = rig.measure()
    assert (record.status, record.attempts, record.interruptions, record.recoveries) == ("ok", 1, [], [])
    assert (record.board_crc_errors, record.host_crc_errors, record.overruns) == (0, 0, 0)
    assert record.link_baud is None, "the rate of a pty means nothing to a PC"


@pytest.mark.parametrize("step", [STREAMING, TIMING])
def test_a_point_is_measured_again_if_its_board_was_killed(rig: Rig, step: str) -> None:
    undisturbed = rig.measure()
    record = rig.measure(step, rig.kill)
    assert (record.status, record.error, record.attempts) == ("ok", None, 2)
    assert record.n == len(record.samples_us or []) == 10, "nothing of the first attempt is averaged in"
    assert record.interruptions is not None
    assert record.interruptions[0].startswith("the board was reset (cause: power-on) while ")
    assert record.interruptions[0].partition(" while ")[2].startswith(step)
    assert record.recoveries is not None
    (recovery,) = record.recoveries
    assert (recovery["attempt"], recovery["doing"], recovery["step"], recovery["ok"]) == (1, step, "power cycle", True)
    assert "the port went away" in recovery["why"]
    assert 0 < recovery["took_s"] < 10
    assert rig.steps.count("verifying the clock") == 3
    assert "recovering: power cycle" in rig.steps
    assert same_results([undisturbed], [record]) == []


@pytest.mark.parametrize("step", [STREAMING, TIMING, LAST])
def test_a_board_that_resets_itself_is_noticed_at_any_step(rig: Rig, step: str) -> None:
    record = rig.measure(step, rig.reset)
    assert (record.status, record.attempts, record.recoveries and record.recoveries[0]["step"]) in (
        ("ok", 2, []),
        ("ok", 2, "resynchronise"),
    )
    assert len(record.interruptions or []) == 1
    assert "cause: software" in (record.interruptions or [""])[0]


def test_a_board_that_dies_every_time_is_given_up(rig: Rig) -> None:
    with pytest.raises(RigError, match=r"in each of 3 attempts at native/.*\(cause: power-on\) while timing"):
        rig.measure(TIMING, rig.kill, times=9)
    assert rig.steps.count("verifying the clock") == 3


def test_a_board_that_dies_whenever_it_is_back_is_given_up(rig: Rig) -> None:
    ladder = rig.bench.ladder
    assert ladder

    def on_step(name: str) -> None:
        # Before the step, and whenever it goes on.
        if name == TIMING:
            rig.kill()

    with pytest.raises(RigError, match=r"while timing 10 inferences .* the port went away"):
        measure_point(rig.bench, rig.point, rig.vectors, SETTINGS, "run", on_step)
    assert len(ladder.steps) == 3


def test_firmware_that_crashes_every_time_fails_the_point_with_the_place(rig: Rig) -> None:
    record = rig.measure(TIMING, rig.crash, times=9)
    assert (record.status, record.attempts) == ("failed", 3)
    assert record.error is not None
    assert record.error.startswith("in each of 3 attempts, last: the board was reset (cause: fault) while timing 10")
    assert "; its firmware crashed: kind=bus" in record.error
    assert len(record.interruptions or []) == 3
    assert record.latency_us_median is None
    assert record.bit_exact is True, "what was found before is kept"
    assert rig.measure().status == "ok", "the board goes on"


def test_firmware_that_crashes_once_is_told_and_measured_again(rig: Rig) -> None:
    record = rig.measure(STREAMING, rig.crash)
    assert (record.status, record.attempts) == ("ok", 2)
    assert "its firmware crashed: kind=bus" in (record.interruptions or [""])[0]
