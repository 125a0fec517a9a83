"""The pytest plugin: boards as fixtures, for the suite in `hil_tests/` and for suites of your own (docs/hil.md)."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from mcubench.errors import InputError
from mcubench.pytest_plugin.collecting import MISTAKE_KEY, parametrize_with_boards, prepare_items
from mcubench.pytest_plugin.fixtures import (
    board,
    dut,
    dut_scope,
    latency_baseline,
    measure,
    models_folder,
    record_metric,
    rig,
    sweep,
    wire,
)
from mcubench.pytest_plugin.markers import add_markers, what_is_missing
from mcubench.pytest_plugin.options import add_options
from mcubench.pytest_plugin.outcome import state_of
from mcubench.pytest_plugin.quarantine import QuarantineList, read_quarantine_list
from mcubench.pytest_plugin.reporting import finish_reports, make_report
from mcubench.pytest_plugin.retrying import run_test
from mcubench.pytest_plugin.rig import rig_of
from mcubench.pytest_plugin.selection import check_options, choose_boards, is_distributed
from mcubench.pytest_plugin.terminal import SessionEnd, Status, test_status

__all__ = [
    "board",
    "dut",
    "dut_scope",
    "latency_baseline",
    "measure",
    "models_folder",
    "record_metric",
    "rig",
    "sweep",
    "wire",
]

QUARANTINE_KEY = pytest.StashKey[QuarantineList | None]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the plugin's options."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Register the plugin's markers, and refuse what cannot work."""
    add_markers(config)
    if getattr(config.option, "numprocesses", None) and (config.option.port or config.option.update_baseline):
        raise pytest.UsageError("--port and --update-baseline need one process; leave -n out")
    check_options(config)
    config.stash[QUARANTINE_KEY] = read_quarantine_list(config)
    config.pluginmanager.register(SessionEnd(config), "mcubench-session-end")


def pytest_report_header(config: pytest.Config) -> str | None:
    """Name the boards of a rig that are tested."""
    boards = choose_boards(config)
    return f"boards: {', '.join(f'{each.name} ({each.kind})' for each in boards)}" if boards else None


@pytest.hookimpl(trylast=True)  # so that the board's name is the last part of a test's id, where it is looked for
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test on every selected board that its markers fit."""
    parametrize_with_boards(metafunc)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Prepare what tests on boards need."""
    prepare_items(config, items, config.stash[QUARANTINE_KEY])


def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a test that uses a board, a second time after an error of the rig."""
    state = state_of(item)
    if state is None:
        return None
    rig = rig_of(item.config)
    rig.begin_test()
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = run_test(rig, item, nextitem, state)
    finish_reports(rig, item, state, reports)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    """Do not begin on a board that is lost, nor go on on one that turns out to be of another kind than is needed."""
    if MISTAKE_KEY in item.stash:
        raise InputError(item.stash[MISTAKE_KEY])
    state = state_of(item)
    rig = rig_of(item.config)
    if state and state.board:
        rig.check_not_lost(state.board)
    result = yield
    if state and state.board and state.board.kind is None and state.board.name in rig.open_duts:
        missing = what_is_missing(item, rig.open_duts[state.board.name].info.board, state.board.features)
        if missing:
            pytest.skip(f"{state.board.name}: {missing}")
    return result


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell rig trouble from wrong results."""
    return (yield from make_report(rig_of(item.config), item, call))


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(report: pytest.TestReport) -> Status | None:
    """Give blocked and quarantined tests categories of their own."""
    return test_status(report)


@pytest.hookimpl(tryfirst=True, optionalhook=True)  # only pytest-xdist asks for it
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep all tests of a board in one process, so that no two want it."""
    boards = choose_boards(config)
    if not boards or not is_distributed(config) or config.getoption("dist") == "each":
        return None
    from mcubench.pytest_plugin.sharing import BoardScheduling

    return BoardScheduling(config, log, [each.name for each in boards])
