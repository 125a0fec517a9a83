"""Five outcomes of a test on a board, kept apart: passed, failed, error (of the rig), blocked, skipped."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import pytest

from mcubench.errors import BlockedError, InputError, McubenchError, RestartedError, RigError
from mcubench.measure.attempts import CRASHES
from mcubench.pytest_plugin.metrics import Metric
from mcubench.pytest_plugin.selection import SelectedBoard

if TYPE_CHECKING:
    from mcubench.pytest_plugin.dut import Dut

__all__ = ["STATE_KEY", "Outcome", "TestState", "judge", "state_of"]

TRACEBACK_VERBOSITY = 2  # -vv
STATE_KEY = pytest.StashKey["TestState"]()


class Outcome(StrEnum):
    """What became of a test; the values are what JUnit properties and reports say.

    A quarantined test's failure is FAILED here, and fails no session all the same.
    """

    PASSED = "passed"
    SKIPPED = "skipped"
    BLOCKED = "blocked"
    FAILED = "failed"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """The larger, the worse: what a test with several troubles is counted as."""
        return list(Outcome).index(self)


@dataclass
class TestState:
    """What is known of a test that uses a board: which one, and what it recorded.

    `error` is what the try under way met first, `retried` what the one before met, if that was an error of the rig.
    """

    __test__ = False  # whatever pytest thinks of its name

    board: SelectedBoard | None
    quarantined: bool = False
    metrics: list[Metric] = field(default_factory=list)
    dut: Dut | None = None
    error: BaseException | None = None
    retried: str | None = None

    def begin_again(self, why: str) -> None:
        """Forget what the first try found."""
        self.retried = why
        self.error = None
        self.metrics.clear()


def state_of(item: pytest.Item) -> TestState | None:
    """Return what is known of a test; None if it uses no board."""
    return item.stash.get(STATE_KEY, None)


def judge(item: pytest.Item, report: pytest.TestReport, error: BaseException | None) -> Outcome:
    """Make pytest's report of one phase say what it means on a rig, and return it as an outcome.

    For pytest and JUnit a test whose set-up failed is an error and not a failure: nothing is known. A blocked test is
    one that was skipped.
    """
    if isinstance(error, BlockedError) and report.when != "teardown":
        report.outcome = "skipped"
        report.longrepr = (*_place(item), f"blocked: {error}")
        _forget_xfail(report)
        return Outcome.BLOCKED
    state = state_of(item)
    if isinstance(error, RigError | InputError) and not _crashed_again(error, state):
        report.outcome = "failed"
        report.longrepr = _in_one_line(item, error) or report.longrepr or str(error)
        report.when = "setup" if report.when == "call" else report.when
        _forget_xfail(report)
        return Outcome.ERROR
    if not report.failed:
        return Outcome(report.outcome)
    if isinstance(error, McubenchError):
        report.longrepr = _in_one_line(item, error) or report.longrepr
    if state and state.quarantined:
        report.outcome = "skipped"
        report.wasxfail = f"quarantined: {_first_line(error)}"
    return Outcome.FAILED


def _crashed_again(error: BaseException, state: TestState | None) -> bool:
    """Whether the firmware crashed in both tries: then it is the firmware that fails, not the rig."""
    return isinstance(error, RestartedError) and error.cause in CRASHES and bool(state and state.retried)


def _in_one_line(item: pytest.Item, error: BaseException) -> str | None:
    """Return an error without where it happened, which -vv shows."""
    return None if item.config.get_verbosity() >= TRACEBACK_VERBOSITY else f"{type(error).__name__}: {error}"


def _first_line(error: BaseException | None) -> str:
    text = str(error).strip()
    return f"{type(error).__name__}: {text.splitlines()[0]}" if text else type(error).__name__


def _place(item: pytest.Item) -> tuple[str, int]:
    path, line, _ = item.reportinfo()
    return str(path), (line or 0) + 1


def _forget_xfail(report: pytest.TestReport) -> None:
    """A test that is expected to fail is not expected to find no board."""
    if hasattr(report, "wasxfail"):
        del report.wasxfail
