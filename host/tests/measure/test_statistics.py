from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcubench.measure import Summary, p95, summarize

samples = st.lists(st.integers(1, 10**9), min_size=1, max_size=200)


def test_figures_of_a_known_list() -> None:
    assert summarize([4, 1, 3, 2]) == Summary(4, 1, 2.5, 4, 4)
    assert summarize([7]) == Summary(1, 7, 7.0, 7, 7)


@pytest.mark.parametrize(("count", "expected"), [(19, 19), (20, 19), (21, 20), (100, 95), (101, 96)])
def test_p95_is_the_nearest_rank(count: int, expected: int) -> None:
    assert p95(range(count, 0, -1)) == expected


@given(samples)
def test_p95_was_seen_and_is_not_exceeded_by_95_percent(values: list[int]) -> None:
    found = p95(values)
    assert found in values
    assert sum(value <= found for value in values) * 100 >= 95 * len(values)
    assert sum(value < found for value in values) * 100 < 95 * len(values)


@given(samples)
def test_no_sample_is_left_out(values: list[int]) -> None:
    summary = summarize(values)
    assert (summary.n, summary.minimum, summary.maximum) == (len(values), min(values), max(values))
    assert summary.minimum <= summary.median <= summary.p95 <= summary.maximum or len(values) < 3
