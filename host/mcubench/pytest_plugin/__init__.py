"""The pytest plugin: boards as fixtures, for the suite in `hil_tests/` and for suites of your own (docs/hil.md)."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from mcubench.errors import InputError
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
from mcubench.pytest_plugin.markers import add_markers, check_markers, needs_board, skip_reason, what_is_missing
from mcubench.pytest_plugin.options import add_options
from mcubench.pytest_plugin.outcome import STATE_KEY, TestState, state_of
from mcubench.pytest_plugin.quarantine import QuarantineList, read_quarantine_list
from mcubench.pytest_plugin.reporting import SWEEP_FIXTURE, finish_reports, make_report
from mcubench.pytest_plugin.retrying import run_test
from mcubench.pytest_plugin.rig import rig_of
from mcubench.pytest_plugin.selection import (
    SelectedBoard,
    check_options,
    choose_boards,
    is_distributed,
    select_boards,
)
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

# Of pytest-timeout, for the test that starts the sweep; a virtual board on a busy machine needs minutes.
SWEEP_TIMEOUT_S = 1800
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
    """Run a test on every selected board that its markers fit; its id says which."""
    boards = choose_boards(metafunc.config)
    if "dut" not in metafunc.fixturenames or not boards:
        return
    fitting = [each for each in boards if what_is_missing(metafunc.definition, each.kind, each.features) is None]
    if fitting:
        scope: Any = metafunc.config.getoption("--dut-scope")
        metafunc.parametrize("dut", fitting, indirect=True, ids=[each.name for each in fitting], scope=scope)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark every test that uses a board `hil`, and those skipped that fit no board."""
    quarantine = config.stash[QUARANTINE_KEY]
    for item in items:
        check_markers(item, config)
        if needs_board(item):
            _prepare(item, config, quarantine)
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
