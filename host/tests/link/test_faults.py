"""The words that make a line bad: what is understood, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcubench.errors import InputError
from mcubench.link import parse_line_fault


def test_a_fault_has_its_numbers_and_its_direction() -> None:
    fault = parse_line_fault("stall:rate=1e-4,for_s=2,seed=7,to=host")
    assert fault.values == {"rate": 1e-4, "for_s": 2.0, "seed": 7.0}
    assert (fault.acts("host"), fault.acts("board")) == (True, False)
    assert parse_line_fault("drop:rate=0.1").values["seed"] == 0
    assert not parse_line_fault("truncate:rate=0.1").acts("host")
    assert not any(parse_line_fault("lie:rate=0.1,seed=3").acts(way) for way in ("host", "board"))


@pytest.mark.parametrize(
    ("text", "words"),
    {
        "": "unknown fault ''",
        "noise": "known are flip, drop, double, reorder, stall, truncate, disconnect, lie",
        "flip": "'flip' needs rate=...",
        "flip:rate": "rate= is not a number from 0 to 1",
        "flip:rate=2": "rate=2 is not",
        "flip:rate=-1": "rate=-1 is not",
        "flip:rate=x": "rate=x is not",
        "flip:rate=nan": "rate=nan is not",
        "flip:rate=1,after=3": "'flip' takes rate, seed, to, not 'after'",
        "flip:rate=1,to=nowhere": "to=nowhere is none of both, board, host",
        "flip:rate=1,seed=1.5": "seed=1.5 is not a whole number",
        "truncate:rate=1,to=host": "'truncate' takes rate, seed, not 'to'",
        "lie:seed=1": "'lie' needs rate=...",
        "lie:rate=1,to=host": "'lie' takes rate, seed, not 'to'",
        "stall:for_s=1": "'stall' needs rate=...",
        "stall:rate=1,for_s=inf": "for_s=inf is not",
        "disconnect:away_s=1": "'disconnect' needs every_bytes=... or every_s=...",
        "disconnect:every_bytes=0": "every_bytes=0 is not a whole number from 1",
        "disconnect:every_s=0": "every_s=0 is not",
    }.items(),
)
def test_a_bad_fault_is_refused_with_one_line(text: str, words: str) -> None:
    with pytest.raises(InputError) as failure:
        parse_line_fault(text)
    assert words in str(failure.value)
    assert str(failure.value).startswith(f"line fault '{text}': ")
    assert "\n" not in str(failure.value)


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz:=,.0123456789_- ", max_size=40))
def test_any_text_is_a_fault_or_an_input_error(text: str) -> None:
    try:
        fault = parse_line_fault(text)
    except InputError:
        return
    assert fault.name == text.partition(":")[0]
