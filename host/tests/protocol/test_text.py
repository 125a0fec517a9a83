from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcubench.protocol.text import Line, add_trailer, encode_value, parse_line, split_trailer

printable = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=80)


def test_words_and_values_are_told_apart() -> None:
    line = parse_line("error  refused reason=overclocked:%20add%20overclock=1 100%25")
    assert line == Line("error", ("refused", "100%"), {"reason": "overclocked: add overclock=1"})


@given(printable)
def test_any_value_travels_in_a_word(value: str) -> None:
    assert parse_line(f"x key={encode_value(value)}").text("key") == value


@given(printable, st.integers(0, 0xFFFF))
def test_a_trailer_is_taken_off_again(text: str, seq: int) -> None:
    assert split_trailer(add_trailer(text, seq)) == (text, seq)


@given(printable, st.data())
def test_a_changed_character_is_noticed(text: str, data: st.DataObject) -> None:
    line = add_trailer(text, 7)
    position = data.draw(st.integers(0, len(line) - 1))
    other = data.draw(st.characters(min_codepoint=0x20, max_codepoint=0x7E).filter(lambda c: c != line[position]))
    assert split_trailer(line[:position] + other + line[position + 1 :]) is None


def test_the_crc_covers_the_sequence_number() -> None:
    # docs/protocol.md section 2: all bytes before the colon; section 4: IEEE 802.3.
    assert add_trailer("info", 7) == "info #7:" + f"{zlib.crc32(b'info #7'):08x}"


@pytest.mark.parametrize("line", ["ok", "ok #7", "ok #7:", "ok #99999:00000000", "#7:00000000", "ok #7:ABCDEF01"])
def test_a_line_without_a_good_trailer_has_none(line: str) -> None:
    assert split_trailer(line) is None


def test_numbers_are_decimal_or_hex_by_their_key() -> None:
    line = parse_line("ok n=20 output_crc32=0000001f status=-3 odd=0x10 spaced=1_0 empty=")
    assert line.integer("n") == 20
    assert line.integer("output_crc32") == 31
    assert line.integer("status") == -3
    for key in ("odd", "spaced", "empty", "absent"):
        with pytest.raises(ValueError, match=key):
            line.integer(key)
    assert line.optional_integer("empty") is None
    assert line.optional_integer("absent") is None
