"""How a failing test is reported: rig trouble as an error, a wrong result as a failure, both in one line."""

from __future__ import annotations

import re
from collections.abc import Generator

import pytest

from mcubench.errors import InputError, McubenchError, RigError
from mcubench.pytest_plugin.rig import Rig

__all__ = ["RIG_KEY", "make_report"]

RIG_KEY = pytest.StashKey[Rig]()
TRACEBACK_VERBOSITY = 2  # -vv


def make_report(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Wrap pytest's own report: see the module."""
    report = yield
    if call.excinfo is None or not report.failed:
        return report
    error = call.excinfo.value
    if isinstance(error, McubenchError) and item.config.get_verbosity() < TRACEBACK_VERBOSITY:
        report.longrepr = f"{type(error).__name__}: {error}"
    if isinstance(error, RigError | InputError) and report.when == "call":
        # For pytest and JUnit a test whose set-up failed is an error and not a failure: nothing is known.
        report.when = "setup"
    rig = item.config.stash.get(RIG_KEY, None)
    if rig is not None and "rig" in getattr(item, "fixturenames", ()):
        _keep_transcript(report, rig)
    return report


def _keep_transcript(report: pytest.TestReport, rig: Rig) -> None:
    """Put what last went over the line into the report and into a file of its own."""
    transcript = str(rig.transcript)
    path = rig.log_dir / (re.sub(r"[^\w.-]+", "_", report.nodeid) + ".uart.log")
    path.write_text(transcript + "\n", encoding="utf-8")
    report.sections.append((f"UART transcript, seconds since the link was opened ({path})", transcript))
