"""Cycles can be relied on: equal work takes equal cycles, cold is not faster than warm, layers explain the whole."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("cycles")]

# Nothing disturbs the timed window, so what is left is the state of caches and prefetch buffers after the harness ran.
LARGEST_SPREAD = 0.01
# With caches off a cold run differs from a warm one by as little as two warm ones from each other.
COLD_SLACK = 0.001
# What the engine does between layers, and the counter reads of the pass itself.
LARGEST_UNEXPLAINED = 0.02
LEAST_SAMPLES = 8


def test_equal_input_takes_equal_cycles(records, record_metric) -> None:
    for record in records:
        assert len(record.samples) == record.n >= LEAST_SAMPLES
        spread = (record.cycles_max - record.cycles_min) / record.cycles_median
        record_metric(f"{record.point_id} spread of cycles", spread, "", record.timing)
        assert spread <= LARGEST_SPREAD, record.point_id


def test_cold_is_not_faster_than_warm(records, record_metric) -> None:
    for record in having(records, "cold_cycles"):
        record_metric(f"{record.point_id} cold", record.cold_cycles, "cycles", record.timing)
        assert record.cold_cycles >= record.cycles_median * (1 - COLD_SLACK), record.point_id


def test_caches_save_cycles_when_warm(records) -> None:
    cached = [each for each in records if "1" in (each.settings.get("icache"), each.settings.get("dcache"))]
    if not cached:
        pytest.skip("this board has no clock setting with an instruction or data cache")
    assert all(each.cold_cycles > each.cycles_median for each in having(cached, "cold_cycles"))


def test_layers_explain_the_inference(records, record_metric) -> None:
    for record in having(records, "layers"):
        total = sum(layer["cycles"] for layer in record.layers) + record.layers_unexplained_cycles
        record_metric(f"{record.point_id} unexplained", record.layers_unexplained_cycles, "cycles", record.timing)
        assert 0 <= record.layers_unexplained_cycles <= total * LARGEST_UNEXPLAINED, record.point_id
        assert total == pytest.approx(record.cycles_median, rel=LARGEST_UNEXPLAINED), record.point_id


def having(records, name: str):
    """Return the records that know this field; skip the test if none does."""
    known = [record for record in records if getattr(record, name) is not None]
    if not known:
        pytest.skip(f"the board cannot tell {name}")
    return known
