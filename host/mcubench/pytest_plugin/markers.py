"""The markers that say on which boards a test runs, and whether a board is one of them."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from difflib import get_close_matches

import pytest

from mcubench.boards import KNOWN_BOARDS
from mcubench.errors import InputError
from mcubench.pytest_plugin.selection import SelectedBoard, select_boards
from mcubench.rig.keys import did_you_mean

__all__ = ["add_markers", "check_markers", "check_names", "needs_board", "skip_reason", "what_is_missing"]

MARKERS = (
    "hil: needs a board, real or virtual (set by itself)",
    "slow: takes more than ten seconds on a virtual board",
    'board("stm32f746", ...): runs on these kinds of board only',
    'needs("feature", ...): runs only on boards that have all of these features in the rig file',
    "quarantine: its failures do not fail the session",
)

# From this on a marker's name is taken for one of ours, misspelt (difflib's ratio).
RESEMBLING = 0.75


def add_markers(config: pytest.Config) -> None:
    """Register the markers, so that --strict-markers knows them."""
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)


def needs_board(item: pytest.Item) -> bool:
    """Whether a test uses the device under test, itself or by its fixtures."""
    return "dut" in getattr(item, "fixturenames", ())


def check_markers(item: pytest.Item, config: pytest.Config) -> None:
    """Raise UsageError if a marker's arguments mean nothing."""
    for name in ("board", "needs"):
        for marker in item.iter_markers(name):
            if marker.kwargs or not marker.args or not all(isinstance(each, str) and each for each in marker.args):
                arguments = ", ".join([*map(repr, marker.args), *(f"{key}=..." for key in marker.kwargs)])
                raise pytest.UsageError(f'{item.nodeid}: expected @pytest.mark.{name}("...", ...), found ({arguments})')
    known = _known_kinds(config)
    for kind in (kind for marker in item.iter_markers("board") for kind in marker.args):
        if kind not in known:
            raise pytest.UsageError(
                f'{item.nodeid}: @pytest.mark.board("{kind}"): no such kind of board; {did_you_mean(kind, known)}'
            )
    for marker in item.iter_markers("quarantine"):
        if marker.args or set(marker.kwargs) - {"reason"}:
            raise pytest.UsageError(f"{item.nodeid}: @pytest.mark.quarantine takes no arguments but reason=...")


def check_names(item: pytest.Item, config: pytest.Config) -> None:
    """Raise UsageError if a marker of a test that uses a board is called nearly as one of ours is.

    Without --strict-markers pytest only warns, and the test would run on boards that it does not fit. Whatever is
    registered is meant.
    """
    registered = {_name(line) for line in config.getini("markers")}
    for name in dict.fromkeys(marker.name for marker in item.iter_markers() if marker.name not in registered):
        close = get_close_matches(name.lower(), [_name(line) for line in MARKERS], 1, RESEMBLING)
        if close:
            raise pytest.UsageError(
                f"{item.nodeid}: @pytest.mark.{name}: no such marker; did you mean '{close[0]}'? Register it under"
                " 'markers' in pytest's settings if it is one of yours"
            )


def _name(line: str) -> str:
    """Return the name of a marker from the line that registers it."""
    return line.partition(":")[0].partition("(")[0].strip()


def what_is_missing(item: pytest.Item, kind: str | None, features: Sequence[str]) -> str | None:
    """Return what a board lacks for a test, in words; None if it fits. A kind that is not known yet fits all."""
    wanted = item.get_closest_marker("board")
    if wanted and kind is not None and kind not in wanted.args:
        return f"needs a {' or '.join(wanted.args)}, this is a {kind}"
    needed = [feature for marker in item.iter_markers("needs") for feature in marker.args]
    missing = [feature for feature in dict.fromkeys(needed) if feature not in features]
    if missing:
        return f"needs {', '.join(missing)}, the board has {', '.join(features) or 'no features in a rig file'}"
    return None


def skip_reason(item: pytest.Item, boards: Sequence[SelectedBoard]) -> str | None:
    """Return why a test runs on none of the boards; None if it does on one."""
    reasons = [what_is_missing(item, board.kind, board.features) for board in boards]
    if None in reasons:
        return None
    return "; ".join(f"{board.name}: {reason}" for board, reason in zip(boards, reasons, strict=True))


def _known_kinds(config: pytest.Config) -> list[str]:
    """Return what boards may call themselves: those that we know, those of the rig, and what --board says."""
    named = config.getoption("--board")
    kinds = [board.name for board in KNOWN_BOARDS] + ([named] if named else [])
    with contextlib.suppress(InputError):  # told when a test wants a board
        kinds += [board.kind for board in select_boards(config) if board.kind]
    return list(dict.fromkeys(kinds))
