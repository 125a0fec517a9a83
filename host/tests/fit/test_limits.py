"""Sizes as people write them, and whose limit counts."""

from __future__ import annotations

import pytest

from mcubench.errors import InputError
from mcubench.fit import Limits, parse_size
from mcubench.fit.limits import Limit
from mcubench.models import Budget


@pytest.mark.parametrize(
    ("text", "size"), [("98304", 98304), ("96K", 98304), ("96k", 98304), ("16KiB", 16384), ("1M", 1 << 20), (" 8 ", 8)]
)
def test_a_size(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "0", "0K", "-1", "1.5K", "96G", "K", "12 K"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(InputError, match="expected bytes above zero"):
        parse_size(text)


def test_an_option_goes_before_the_budget() -> None:
    limits = Limits.of(Budget(latency_us=5, arena_bytes=7), latency_us=100.0, flash_bytes=None, ram_bytes=9)
    assert limits == Limits(
        latency_us=Limit(100.0, "--max-latency-us"), ram_bytes=Limit(9, "--max-ram"), arena_bytes=Limit(7, "budget")
    )


def test_without_either_nobody_asks() -> None:
    assert Limits.of(None, None, None, None) == Limits()
