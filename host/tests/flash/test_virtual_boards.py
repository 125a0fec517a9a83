"""The whole way into running virtual boards: `pio run -t upload` through their debug probes, and who answers then."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for shelf; importlib mode adds no folder

from shelf import ROOT, Cable, Shelf, image_of, start_shelf

from mcubench.boards import open_board
from mcubench.errors import FlashError, RigError, WrongImageError
from mcubench.flash import Action, BoardKind, FlashOutcome, flash_board, flash_boards, given
from mcubench.images import Project
from mcubench.protocol import Board
from mcubench.rig import RigBoard, latched, use

KINDS = ("stm32f746", "nrf52840")
OtherBuild = Callable[[Path], Path]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    with ExitStack() as stack:
        yield start_shelf(stack, tmp_path_factory.mktemp("s"), KINDS)


@pytest.fixture(autouse=True)
def in_project(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCUBENCH_STATE_DIR", str(tmp_path_factory.mktemp("state")))
    monkeypatch.setenv("PLATFORMIO_CORE_DIR", str(ROOT / ".pio-core"))
    monkeypatch.chdir(ROOT)


def flash(board: RigBoard, elf: Path, log: Path, force: bool = False) -> FlashOutcome:
    with use(board, "a test") as attachment:
        return flash_board(attachment, given(Project(ROOT), elf, [board]), force, log)


def build_in(board: RigBoard) -> str:
    with use(board, "a test") as attachment, open_board(attachment.address) as opened:
        return Board(opened.link).connect().build_id


def test_boards_of_two_kinds_at_once_then_skipped_then_forced(shelf: Shelf, tmp_path: Path) -> None:
    images = {BoardKind.of(board): given(Project(ROOT), image_of(board.board), [board]) for board in shelf.boards}

    def flash_all(force: bool) -> list[Action | None]:
        results = flash_boards(shelf.boards, images, force, tmp_path)
        assert [result.error for result in results] == [None, None]
        return [result.outcome and result.outcome.action for result in results]

    assert flash_all(False) == [Action.FLASHED, Action.FLASHED]
    assert [build_in(board) for board in shelf.boards] == [image.build_id for image in images.values()]
    logs = [tmp_path / f"{board.name}.log" for board in shelf.boards]
    for log in logs:
        log.unlink()  # which exists
    assert flash_all(False) == [Action.SKIPPED, Action.SKIPPED]
    assert [log.exists() for log in logs] == [False, False]
    assert flash_all(True) == [Action.FLASHED, Action.FLASHED]
    assert [log.exists() for log in logs] == [True, True]


def test_another_build_takes_the_place_of_the_one_that_runs(
    shelf: Shelf, other_build: OtherBuild, tmp_path: Path
) -> None:
    board, elf = shelf.boards[0], image_of("stm32f746")
    first = flash(board, elf, tmp_path / "log", force=True)
    second = flash(board, other_build(elf), tmp_path / "log")
    assert (second.action, build_in(board)) == (Action.FLASHED, second.build_id)
    assert first.build_id != second.build_id


def test_an_image_for_another_board_is_refused_before_anything_is_written(shelf: Shelf, tmp_path: Path) -> None:
    board = shelf.boards[0]
    before = flash(board, image_of("stm32f746"), tmp_path / "log").build_id
    wrong = image_of("nrf52840")
    with pytest.raises(WrongImageError, match="is an image for nrf52840, but v1 is stm32f746; nothing was written"):
        given(Project(ROOT), wrong, [board])
    image = given(Project(ROOT), wrong, [shelf.boards[1]])
    (result,) = flash_boards([board], {BoardKind.of(board): image}, True, tmp_path)
    assert isinstance(result.error, WrongImageError)
    assert build_in(board) == before


def test_a_board_that_is_not_the_one_of_the_entry_is_left_alone(
    shelf: Shelf, other_build: OtherBuild, tmp_path: Path
) -> None:
    board, elf = shelf.boards[0], image_of("stm32f746")
    before = flash(board, elf, tmp_path / "log").build_id
    other = replace(board, id="7669727475616c0000000077")
    with pytest.raises(RigError, match="another board answers"):
        flash(other, other_build(elf), tmp_path / "other.log")
    assert not (tmp_path / "other.log").exists()
    assert build_in(board) == before


def test_a_probe_unplugged_while_flashing_is_told_and_the_others_go_on(shelf: Shelf, tmp_path: Path) -> None:
    first, second = shelf.boards
    images = {BoardKind.of(board): given(Project(ROOT), image_of(board.board), [board]) for board in shelf.boards}
    with Cable(first, shelf.path.parent / "v1.probe", requests=4) as cable:
        broken, good = flash_boards([cable.board, second], images, True, tmp_path)
    assert isinstance(broken.error, FlashError)
    assert "went away; what its flash holds now is unknown" in str(broken.error)
    assert str(broken.error).endswith(f"(all of it: {tmp_path / 'v1.log'})")
    assert good.outcome and good.outcome.action == Action.FLASHED
    assert latched(first) is None
    # Half written, it says nothing; and is flashed like any board that says nothing.
    assert flash(first, image_of("stm32f746"), tmp_path / "again.log").action == Action.FLASHED


def test_an_upload_that_hangs_ends_with_flash_timeout(shelf: Shelf, tmp_path: Path) -> None:
    board = replace(shelf.boards[1], flash_timeout_s=8.0, flash_before=True)
    program = shelf.programs[1]
    os.kill(program.pid, signal.SIGSTOP)
    try:
        with pytest.raises(FlashError, match="uploading took more than flash_timeout = 8 s and was ended"):
            flash(board, image_of("nrf52840"), tmp_path / "log")
    finally:
        os.kill(program.pid, signal.SIGCONT)


def test_a_board_that_answers_with_another_build_afterwards_was_not_flashed(
    shelf: Shelf, double_core: Path, other_build: OtherBuild, tmp_path: Path
) -> None:
    """The entry says that it is a real board, and the upload tool is a double that writes nothing."""
    elf = image_of("stm32f746")
    real = replace(shelf.boards[0], runner="stlink", probe_id="066DFF55", serial=str(shelf.path.parent / "v1.port"))
    with pytest.raises(FlashError, match="flashed, but answers with build"):
        flash(real, other_build(elf), tmp_path / "log")
    assert double_core.read_text().count("066DFF55")
