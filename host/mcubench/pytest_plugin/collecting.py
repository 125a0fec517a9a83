"""Which tests run on which boards: decided when tests are collected, from options and markers."""

from __future__ import annotations

from typing import Any

import pytest

from mcubench.errors import InputError
from mcubench.pytest_plugin.markers import check_markers, check_names, needs_board, skip_reason, what_is_missing
from mcubench.pytest_plugin.outcome import STATE_KEY, TestState
from mcubench.pytest_plugin.quarantine import QuarantineList
from mcubench.pytest_plugin.reporting import SWEEP_FIXTURE
from mcubench.pytest_plugin.rig import rig_of
from mcubench.pytest_plugin.selection import SelectedBoard, choose_boards, select_boards

__all__ = ["MISTAKE_KEY", "parametrize_with_boards", "prepare_items"]

# Of pytest-timeout, for the test that starts the sweep; a virtual board on a busy machine needs minutes.
SWEEP_TIMEOUT_S = 1800
# What is wrong with a test's markers. A worker of pytest-xdist that refuses to collect brings the whole session down
# with an internal error, so there it becomes the test's own.
MISTAKE_KEY = pytest.StashKey[str]()


def parametrize_with_boards(metafunc: pytest.Metafunc) -> None:
    """Let a test run on every selected board that its markers fit; its id says which."""
    boards = choose_boards(metafunc.config)
    if "dut" not in metafunc.fixturenames or not boards:
        return
    fitting = [each for each in boards if what_is_missing(metafunc.definition, each.kind, each.features) is None]
    if fitting:
        scope: Any = metafunc.config.getoption("--dut-scope")
        metafunc.parametrize("dut", fitting, indirect=True, ids=[each.name for each in fitting], scope=scope)


def prepare_items(config: pytest.Config, items: list[pytest.Item], quarantine: QuarantineList | None) -> None:
    """Mark every test that uses a board `hil`, skip those that fit none, and tell who is in quarantine.

    UsageError if a marker's arguments mean nothing, or if tests need a board and the options name none.
    """
    for item in items:
        try:
            check_markers(item, config)
            if needs_board(item):
                check_names(item, config)
                _prepare(item, config, quarantine)
        except pytest.UsageError as exc:
            if not hasattr(config, "workerinput"):
                raise
            item.stash[MISTAKE_KEY] = str(exc)
    if quarantine:
        for entry in quarantine.unknown([item.nodeid for item in items], config.rootpath):
            rig_of(config).note(f"{quarantine.path}: there is no test '{entry}'")


def _prepare(item: pytest.Item, config: pytest.Config, quarantine: QuarantineList | None) -> None:
    item.add_marker("hil")
    try:
        boards = select_boards(config)
    except InputError as exc:
        raise pytest.UsageError(str(exc)) from exc
    chosen: SelectedBoard | None = item.callspec.params.get("dut") if hasattr(item, "callspec") else None
    boards = (chosen,) if chosen else boards
    reason = skip_reason(item, boards)
    if reason:
        item.add_marker(pytest.mark.skip(reason=reason))
    in_quarantine = item.get_closest_marker("quarantine") or (quarantine and quarantine.holds(item.nodeid))
    item.stash[STATE_KEY] = TestState(boards[0] if len(boards) == 1 else None, bool(in_quarantine))
    looks_at_sweep = SWEEP_FIXTURE in getattr(item, "fixturenames", ())
    if looks_at_sweep and config.pluginmanager.hasplugin("timeout") and not item.get_closest_marker("timeout"):
        item.add_marker(pytest.mark.timeout(SWEEP_TIMEOUT_S))
