"""Opening a board under test: ours alone, flashed, and known to be the one that was meant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from mcubench.boards import BoardAddress, OpenBoard, open_board, parse_board, parse_port
from mcubench.boards.identity import check_identity
from mcubench.errors import RigError
from mcubench.link import DEFAULT_BAUD
from mcubench.models import list_models
from mcubench.protocol.client import HELLO_TIMEOUT_S
from mcubench.pytest_plugin.dut import BetweenTests, Dut, DutBoard
from mcubench.pytest_plugin.ending import die_with_parent, interrupt_on_sigterm
from mcubench.pytest_plugin.flashing import Flasher
from mcubench.pytest_plugin.rig import MAIN_PROCESS, Rig
from mcubench.pytest_plugin.selection import SelectedBoard
from mcubench.pytest_plugin.transcripts import TestTranscript
from mcubench.recovery import Ladder, ResetDriver, say_hello
from mcubench.rig import use

__all__ = ["open_dut"]

FLASHER_KEY = pytest.StashKey[Flasher]()


@contextmanager
def open_dut(rig: Rig, selected: SelectedBoard, address: BoardAddress | None = None) -> Iterator[Dut]:
    """Open a board for tests, and close it after; a board that is a program runs meanwhile.

    `address` is where it is, if that is not what `selected` says. Raises BlockedError if the board is known to be
    broken, LockedError if somebody else uses it, RigError if it does not answer or is another one.
    """
    interrupt_on_sigterm()
    if rig.worker != MAIN_PROCESS:
        die_with_parent()
    with ExitStack() as stack:
        rig.not_opened.add(selected.name)
        drivers: tuple[ResetDriver, ...] = ()
        if address is None and selected.entry:
            address, drivers = _take_from_rig(rig, selected, stack)
        address = address or _address_of(rig, selected)
        transcript = rig.transcripts[selected.name] = TestTranscript(selected.name)
        baud = rig.config.getoption("--baud") or DEFAULT_BAUD
        opened = stack.enter_context(open_board(address, baud, transcript))
        dut = _say_hello(rig, selected, address, opened, drivers, transcript)
        rig.not_opened.discard(selected.name)
        rig.open_duts[selected.name] = dut
        stack.callback(rig.open_duts.pop, selected.name)
        yield dut


def _take_from_rig(rig: Rig, selected: SelectedBoard, stack: ExitStack) -> tuple[BoardAddress, tuple[ResetDriver, ...]]:
    """Have a board of the rig alone, flash it if that is due, and return where it is and what can reset it."""
    assert selected.entry is not None
    flasher = rig.config.stash.setdefault(FLASHER_KEY, Flasher(rig))
    built = flasher.prepare(selected.entry)
    where = rig.config.rootpath.name + ("" if rig.worker == MAIN_PROCESS else f" ({rig.worker})")
    attachment = stack.enter_context(use(selected.entry, f"pytest in {where}"))
    if built:
        flasher.flash(attachment, built)
    return attachment.address, attachment.drivers


def _address_of(rig: Rig, selected: SelectedBoard) -> BoardAddress:
    """Return the address that a board is named by; InputError if there is no such board."""
    if rig.config.getoption("--port") == selected.name:
        return parse_port(selected.name)
    firmware = rig.config.getoption("--firmware")
    is_python = selected.name.startswith("python:")
    models = [rig.models_folder / model for model in list_models(rig.models_folder)] if is_python else []
    return parse_board(selected.name, Path(firmware) if firmware else None, models=models)


def _say_hello(
    rig: Rig,
    selected: SelectedBoard,
    address: BoardAddress,
    opened: OpenBoard,
    drivers: tuple[ResetDriver, ...],
    transcript: TestTranscript,
) -> Dut:
    ladder = Ladder(opened, drivers, rig.timeout_multiplier)
    rescuer = BetweenTests(ladder)
    board = DutBoard(opened.link, rescuer)
    timeout_s = HELLO_TIMEOUT_S * rig.timeout_multiplier
    if selected.entry:
        try:
            info = say_hello(board, ladder, timeout_s)
        except RigError as exc:
            rig.lose(selected, exc, tuple(ladder.steps))
            raise
    else:
        info = board.connect(timeout_s)
    check_identity(address, info.board, info.uid)
    _check_kind(rig, info.board, address)
    dut = Dut(rig, selected, address, board, info, transcript, rescuer)
    dut.timing_model = opened.timing_model
    if opened.child:
        dut.program_id, dut.abort = opened.child.pid, opened.end
    return dut


def _check_kind(rig: Rig, found: str, address: BoardAddress) -> None:
    """Raise RigError if --board names another kind of board."""
    wanted = rig.config.getoption("--board")
    if wanted is not None and ":" not in wanted and wanted != found:
        raise RigError(f"{address.name}: expected a {wanted} there, found a {found}; check --port and --board")
