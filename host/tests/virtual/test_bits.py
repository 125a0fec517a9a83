"""Bits at one rate, read at another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcubench.virtual.bits import TOLERANCE, resample


@given(st.binary(max_size=200), st.floats(1 - TOLERANCE, 1 + TOLERANCE))
def test_rates_within_the_tolerance_change_nothing(data: bytes, ratio: float) -> None:
    assert resample(data, ratio) == data


@pytest.mark.parametrize("ratio", [0.5, 0.9, 0.95, 1.05, 1.1, 2.0])
def test_rates_too_far_apart_garble(ratio: float) -> None:
    text = b"ok name=216 hz=216000000 icache=1 dcache=1 art=1\n"
    assert resample(text, ratio) != text


@given(st.binary(max_size=100), st.floats(0.05, 20))
def test_any_rate_gives_some_bytes(data: bytes, ratio: float) -> None:
    assert len(resample(data, ratio)) <= 20 * len(data) + 1
