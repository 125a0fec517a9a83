"""Latency against the stored baseline: nobody makes the firmware slower unnoticed."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("cycles")]


def test_latency_is_not_above_the_baseline(records, latency_baseline, record_metric) -> None:
    verdicts = [latency_baseline.compare(record) for record in records]
    for record, verdict in zip(records, verdicts, strict=True):
        record_metric(f"{record.point_id} latency", verdict.cycles, "cycles", record.timing)
    assert [str(verdict) for verdict in verdicts if verdict.slower] == []
    unknown = [str(verdict.key) for verdict in verdicts if verdict.limit_cycles is None]
    if unknown:
        pytest.skip(f"{latency_baseline.path.name} lacks {len(unknown)} of {len(verdicts)}, the first {unknown[0]}")
