"""What is told of every test on a board: its outcome, who the board was, and what went over the line."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from mcubench.errors import InputError
from mcubench.pytest_plugin.metrics import write_metrics
from mcubench.pytest_plugin.outcome import Outcome, TestState, judge, state_of
from mcubench.pytest_plugin.rig import Rig

__all__ = ["finish_reports", "make_report"]

# Who looks at it has used every model of it.
SWEEP_FIXTURE = "sweep"


def make_report(
    rig: Rig, item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Wrap pytest's own report of one phase: see `judge`."""
    report = yield
    error = call.excinfo.value if call.excinfo else None
    outcome = judge(item, report, error)
    state = state_of(item)
    if state:
        if state.board:
            state.dut = rig.open_duts.get(state.board.name, state.dut)
        in_quarantine = state.quarantined and outcome in (Outcome.PASSED, Outcome.FAILED)
        # pytest-xdist takes whatever a report has along.
        vars(report).update(hil_outcome=str(outcome), hil_quarantined=in_quarantine)
        if state.error is None and outcome not in (Outcome.PASSED, Outcome.SKIPPED):
            state.error = error
    return report


def finish_reports(rig: Rig, item: pytest.Item, state: TestState, reports: list[pytest.TestReport]) -> None:
    """Add to the reports of a test what is known once it is over; write its figures and its transcript."""
    properties: list[tuple[str, object]] = [(metric.label, metric.value) for metric in state.metrics]
    properties += _who_it_was(rig, item, state)
    worst = max((Outcome(report.hil_outcome) for report in reports), key=lambda outcome: outcome.rank)
    properties.append(("outcome", str(worst)))
    if any(report.hil_quarantined for report in reports):
        properties.append(("quarantined", "true"))
    if state.retried:
        properties.append(("retried", state.retried))
    log = _write_logs(rig, item, state)
    if log:
        properties.append(("transcript", log))
    for report in reports:
        report.user_properties = [*report.user_properties, *properties]
        vars(report).update(hil_retried=state.retried)
        if report.hil_outcome in (Outcome.FAILED, Outcome.ERROR):
            _show(rig, state, report, log)


def _who_it_was(rig: Rig, item: pytest.Item, state: TestState) -> list[tuple[str, object]]:
    """Return the properties of the board, and of the models that were used."""
    if state.dut is None:
        return [("board", state.board.kind)] if state.board and state.board.kind else []
    dut, info = state.dut, state.dut.info
    used = dict(dut.board.used)
    if SWEEP_FIXTURE in getattr(item, "fixturenames", ()):
        used |= {record.model: record.model_sha256 for key, record in rig.records.items() if key[0] == dut.name}
    hashes = " ".join(f"{name}={used[name]}" for name in sorted(used))
    return [
        ("board_name", dut.name),
        ("board", info.board),
        ("board_uid", info.uid),
        ("firmware_build", info.build_id),
        ("engine", info.engine),
        ("timing", info.timing),
        *([("model_sha256", hashes)] if hashes else []),
    ]


def _write_logs(rig: Rig, item: pytest.Item, state: TestState) -> str | None:
    """Write figures and transcript, and return where the latter is; tests run also where neither can be kept."""
    try:
        if state.metrics:
            write_metrics(state.metrics, rig.metrics_file)
        return _write_transcript(rig, item)
    except (InputError, OSError) as exc:
        rig.note(f"figures and transcripts were not kept: {exc}")
        return None


def _write_transcript(rig: Rig, item: pytest.Item) -> str | None:
    """Write what went over the lines in a test, and return where; None if nothing did."""
    text = "".join(transcript.text for transcript in rig.transcripts.values())
    if not text:
        return None
    path = rig.transcript_file(item.nodeid)
    path.write_text(text, encoding="utf-8")
    return str(path)


def _show(rig: Rig, state: TestState, report: pytest.TestReport, log: str | None) -> None:
    """Put into a report what last went over the line, and what came before a second try."""
    if state.retried:
        report.sections.append(("second try, because the first met an error of the rig", state.retried))
    transcript = rig.transcripts.get(state.board.name) if state.board else None
    end = transcript.end(log) if transcript and log else ""
    if end:
        report.sections.append(("end of the UART transcript, seconds since the test began", end))
