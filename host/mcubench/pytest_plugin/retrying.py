"""A test that meets an error of the rig is run once more, the board brought back in between; failures never are."""

from __future__ import annotations

import pytest
from _pytest.runner import runtestprotocol  # there is no public way to run a test again

from mcubench.errors import BlockedError, FlashError, LockedError, RigError, UnreachableError
from mcubench.pytest_plugin.outcome import TestState
from mcubench.pytest_plugin.rig import Rig
from mcubench.pytest_plugin.selection import SelectedBoard

__all__ = ["run_test"]

# Nothing that could be done between two tries changes these: somebody else has the board, it is known to be broken, its
# port is not there, or the tool that was to load the firmware has tried already.
FINAL = (LockedError, BlockedError, FlashError, UnreachableError)


def run_test(rig: Rig, item: pytest.Item, nextitem: pytest.Item | None, state: TestState) -> list[pytest.TestReport]:
    """Run a test, again if the rig fails, and return the reports of the try that counts."""
    recorded = len(item.user_properties)
    reports = runtestprotocol(item, log=False, nextitem=nextitem)
    first = state.error
    if state.board is None or not isinstance(first, RigError | UnreachableError):
        return reports
    if _is_usable_after(rig, state.board, first, may_open=True):
        state.begin_again(f"{type(first).__name__}: {first}")
        del item.user_properties[recorded:]
        _forget_failed_fixtures(item)
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
        if isinstance(state.error, RigError | UnreachableError):
            _is_usable_after(rig, state.board, state.error, may_open=False)
    return reports


def _is_usable_after(rig: Rig, board: SelectedBoard, error: RigError | UnreachableError, may_open: bool) -> bool:
    """Bring a board back after an error of the rig, and return whether a test may use it now; it is lost if not.

    A board that could not be opened is to be opened once more if it `may_open`.
    """
    if rig.is_lost(board):
        return False
    try:
        if isinstance(error, FINAL):
            raise error
        dut = rig.open_duts.get(board.name)
        if dut:
            dut.bring_back(error)
        elif board.name in rig.not_opened and not may_open:
            raise error
    except (RigError, UnreachableError) as exc:
        rig.lose(board, exc)
        return False
    return True


def _forget_failed_fixtures(item: pytest.Item) -> None:
    """Let fixtures that failed be made anew: pytest keeps their exceptions for as long as their values."""
    item._initrequest()  # type: ignore[attr-defined]
    for definitions in item._fixtureinfo.name2fixturedefs.values():  # type: ignore[attr-defined]
        for definition in definitions:
            if definition.cached_result is not None and definition.cached_result[2] is not None:
                definition.finish(item._request)  # type: ignore[attr-defined]
