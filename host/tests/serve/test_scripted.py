"""Scripted boards, several on one shelf, over real ptys."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from mcubench.deadline import Deadline
from mcubench.errors import BoardError, InputError
from mcubench.link import Link
from mcubench.measure import check_clock
from mcubench.models import Vectors, load_model, read_vectors
from mcubench.outside import PtyOutside
from mcubench.protocol import Board, VectorStream
from mcubench.serve import PacedBoard, Script, ScriptedPlatform, read_script, run_shelf, scripted_image
from mcubench.serve.answers import BAUD

MODEL = "touch-int8"
CYCLES = 500_000
CLOCK_HZ = 100_000_000
INFERENCE_S = CYCLES / CLOCK_HZ
COUNT = 3


@pytest.fixture(scope="module")
def script(models_folder: Path) -> Script:
    return read_script([MODEL], models_folder)


@pytest.fixture(scope="module")
def vectors(models_folder: Path) -> Vectors:
    return read_vectors(load_model(MODEL, models_folder)).first(60)


@pytest.fixture(scope="module")
def ports(script: Script) -> Iterator[list[str]]:
    """Where the boards are, one more, and one that computes in no time; they run in a thread of their own."""
    ended = threading.Event()
    with ExitStack() as stack:
        boards = [_board(script, number, stack) for number in range(1, COUNT + 2)]
        boards.append(_board(script, COUNT + 2, stack, cycles=1))
        thread = threading.Thread(target=run_shelf, args=(boards, ended.is_set))
        thread.start()
        yield [board.outside.name.removeprefix("pty ") for board in boards]
        ended.set()
        thread.join()


def _board(script: Script, number: int, stack: ExitStack, cycles: int = CYCLES) -> PacedBoard:
    platform = ScriptedPlatform(number, cycles)
    outside = stack.enter_context(closing(PtyOutside()))
    return PacedBoard(scripted_image(script, platform), platform, outside, time.monotonic())


@pytest.fixture
def boards(ports: list[str]) -> Iterator[list[Board]]:
    """All boards, freshly reset, at their faster clock."""
    with ExitStack() as stack:
        found = [Board(stack.enter_context(Link(port))) for port in ports[:COUNT]]
        for board in found:
            board.connect()
            board.reset()
            board.set_clock("100")
        yield found


def test_nobody_takes_its_times_for_measured_ones(boards: list[Board]) -> None:
    infos = [board.info() for board in boards]
    assert {(info.board, info.core, info.engine, info.timing) for info in infos} == {
        ("scripted", "scripted", "scripted", "modelled")
    }
    assert len({info.uid for info in infos}) == COUNT


def test_all_golden_outputs_come_back(boards: list[Board], vectors: Vectors) -> None:
    for board in boards:
        stream = VectorStream(board, board.select(MODEL), vectors.payload())
        results = list(stream)
        assert b"".join(result.output for result in results) == vectors.outputs.tobytes()
        assert {(result.status, result.cycles) for result in results} == {(0, CYCLES)}
        assert stream.traffic.retransmits == 0


def test_vector_that_is_not_in_the_folder_is_an_error_of_the_engine(boards: list[Board], vectors: Vectors) -> None:
    board = boards[0]
    model = board.select(MODEL)
    altered = bytes(byte ^ 0xFF for byte in vectors.first(1).payload())
    (result,) = VectorStream(board, model, altered)
    assert result.status < 0
    with pytest.raises(BoardError, match="engine"):
        board.run(1)


def test_answer_comes_when_the_work_would_be_done(boards: list[Board], vectors: Vectors) -> None:
    board, count = boards[0], 40
    list(VectorStream(board, board.select(MODEL), vectors.first(1).payload()))
    start_s = time.monotonic()
    assert board.run(count).cycles == (CYCLES,) * count
    assert time.monotonic() - start_s >= count * INFERENCE_S


def test_bytes_take_as_long_as_on_a_line(ports: list[str], vectors: Vectors) -> None:
    with Link(ports[-1]) as link:
        board = Board(link)
        board.connect()
        model = board.select(MODEL)
        payload = vectors.payload() * 5
        start_s = time.monotonic()
        assert len(list(VectorStream(board, model, payload))) == 5 * len(vectors)
        assert time.monotonic() - start_s >= len(payload) * 10 / BAUD


def test_board_that_computes_keeps_no_other_waiting(ports: list[str], boards: list[Board], vectors: Vectors) -> None:
    with Link(ports[COUNT]) as link:
        busy = Board(link)
        busy.connect()
        list(VectorStream(busy, busy.select(MODEL), vectors.first(1).payload()))
        link.write(b"run 1000\n", Deadline.after(1))
        for board in boards:
            board.info()
        # At the slower clock it computes for ten seconds.
        assert link.read(1, Deadline.after(0)) == b""


@pytest.mark.parametrize("clock", ["50", "100"])
def test_clock_is_what_it_says(boards: list[Board], clock: str) -> None:
    state = boards[0].set_clock(clock)
    assert check_clock(boards[0], state.hz).good


def test_reset_starts_one_board_anew_and_no_other(boards: list[Board]) -> None:
    before = [board.info().boot_count for board in boards]
    boards[1].reset()
    after = [board.info() for board in boards]
    assert [info.boot_count - count for info, count in zip(after, before, strict=True)] == [0, 1, 0]
    assert after[1].boot_cause == "software"


def test_shelf_of_idle_boards_sleeps(script: Script) -> None:
    rounds, most = 0, 8

    def stopped() -> bool:
        nonlocal rounds
        rounds += 1
        return rounds > most

    with ExitStack() as stack:
        shelf = [_board(script, number, stack) for number in range(20)]
        start_s = time.monotonic()
        run_shelf(shelf, stopped)
    # The boot lines leave one by one in the first rounds; all others but these last a quarter of a second.
    assert time.monotonic() - start_s >= 0.5


def test_script_of_no_model_is_bad_input(models_folder: Path) -> None:
    with pytest.raises(InputError, match="name a model"):
        read_script([], models_folder)
