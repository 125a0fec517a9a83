"""What the terminal shows, and how the session ends: blocked and quarantined tests are kept apart from all others."""

from __future__ import annotations

import pytest

from mcubench.pytest_plugin.outcome import Outcome
from mcubench.pytest_plugin.rig import rig_of

__all__ = ["SessionEnd", "test_status"]

# How a worker of pytest-xdist hands its notes over.
NOTES = "mcubench_notes"

Status = tuple[str, str, str | tuple[str, dict[str, bool]]]


def test_status(report: pytest.TestReport | pytest.CollectReport) -> Status | None:
    """Return the category, letter and word of a report that is none of pytest's own; None if it is one."""
    outcome = getattr(report, "hil_outcome", None)
    if outcome == Outcome.BLOCKED:
        return "blocked", "B", ("BLOCKED", {"yellow": True})
    if getattr(report, "hil_quarantined", False):
        if outcome == Outcome.FAILED:
            return "quarantine failed", "q", ("QUARANTINE FAILED", {"yellow": True})
        if report.when == "call":
            return "quarantine passed", "Q", ("QUARANTINE PASSED", {"green": True})
    if getattr(report, "hil_retried", None) and report.passed and report.when == "call":
        return "passed", "R", ("PASSED ON SECOND TRY", {"yellow": True})
    return None


class SessionEnd:
    """A plugin that hears of every report, wherever the test ran, and of the end."""

    def __init__(self, config: pytest.Config) -> None:
        self._rig = rig_of(config)
        self._is_worker = hasattr(config, "workerinput")
        self._blocked: dict[str, int] = {}
        self._quarantined: list[str] = []
        self._retried: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what is told at the end."""
        outcome = getattr(report, "hil_outcome", None)
        if outcome == Outcome.BLOCKED:
            why = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr)
            self._blocked[why] = self._blocked.get(why, 0) + 1
        elif outcome == Outcome.FAILED and report.hil_quarantined:
            self._quarantined.append(f"{report.nodeid}: {report.wasxfail}")
        if getattr(report, "hil_retried", None) and report.when == "teardown":
            self._retried.append(f"{report.nodeid}: the first try met {report.hil_retried}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """End with exit status 1 if tests were blocked: nothing is known of what they look for."""
        if self._is_worker:
            session.config.workeroutput[NOTES] = self._rig.notes  # type: ignore[attr-defined]
        elif self._blocked and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)  # only pytest-xdist calls it
    def pytest_testnodedown(self, node: object) -> None:
        """Take over the notes of a process."""
        for note in getattr(node, "workeroutput", {}).get(NOTES, ()):
            self._rig.note(note)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tell what the counts do not: which board was lost and why, what was tried twice, what is in quarantine."""
        told = [
            *(f"{count} blocked: {why.removeprefix('blocked: ')}" for why, count in self._blocked.items()),
            *(f"second try: {line}" for line in self._retried),
            *self._quarantined,
            *self._rig.notes,
        ]
        if told:
            terminalreporter.section("boards")
            for line in told:
                terminalreporter.write_line(line)
