"""Latency, flash and RAM stay within the budgets in each model's own model.toml."""

from __future__ import annotations

import pytest

from mcubench.measure.plan import main_clock
from mcubench.pytest_plugin.budgets import exceeded

pytestmark = pytest.mark.slow


def test_models_keep_their_budgets(records, measure, record_metric) -> None:
    budgets = {model.name: measure.budget(model.name) for model in measure.models}
    if not any(budgets.values()):
        pytest.skip("no model in the image has a [budget] for this board and engine in its model.toml")
    main = main_clock(measure.clocks).name
    points = {(record.model, record.settings["name"]): record for record in records}
    beyond = []
    for name, budget in budgets.items():
        if budget is None:
            continue
        record = points.get((name, budget.clock or main))
        assert record is not None, f"{name}: nothing was measured at the clock of its budget"
        if budget.latency_us is not None and record.latency_us_median is not None:
            record_metric(f"{name} latency of its budget", record.latency_us_median / budget.latency_us, "1")
        beyond += exceeded(budget, record)
    assert beyond == []
