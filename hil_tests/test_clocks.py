"""The CPU clock is what the board believes, by the host's clock."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("cycles")]

# A crystal keeps 0.01 %, the STM32F746's internal oscillator 1 % at room temperature (data sheet DS10916, HSI).
TOLERANCE = 0.01


def test_clock_is_verified_at_every_setting(sweep, record_metric) -> None:
    wrong = []
    for record in sweep:
        assert record.clock_verified_hz, f"{record.point_id}: {record.error}"
        deviation = record.clock_verified_hz / record.clock_hz - 1
        record_metric(f"{record.point_id} clock deviation", deviation)
        if abs(deviation) > TOLERANCE:
            wrong.append(f"{record.point_id}: {record.clock_verified_hz} Hz, believed {record.clock_hz} Hz")
    assert wrong == []


def test_faster_clock_is_faster(records, measure) -> None:
    """More wait states cost cycles, but never as much as the clock gains."""
    options = measure.clock_options
    by_setting = {}
    for record in records:
        switches = tuple(record.settings[option] for option in options)
        by_setting.setdefault((record.model, switches), []).append(record)
    for same in by_setting.values():
        same.sort(key=lambda record: record.clock_hz)
        latencies = [record.latency_us_median for record in same]
        assert latencies == sorted(latencies, reverse=True)
