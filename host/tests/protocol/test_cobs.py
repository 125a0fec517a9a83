from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcubench.protocol.cobs import cobs_decode, cobs_encode, cobs_length_limit

# Examples of the paper's rules, with the longest block on both sides of its limit.
EXAMPLES = {
    "empty": (b"", b"\x01"),
    "zero": (b"\0", b"\x01\x01"),
    "zeros": (b"\0\0", b"\x01\x01\x01"),
    "text": (b"ab", b"\x03ab"),
    "zero between": (b"a\0b", b"\x02a\x02b"),
    "zero at the end": (b"a\0", b"\x02a\x01"),
    "253 bytes": (b"x" * 253, b"\xfe" + b"x" * 253),
    "254 bytes": (b"x" * 254, b"\xff" + b"x" * 254),
    "255 bytes": (b"x" * 255, b"\xff" + b"x" * 254 + b"\x02x"),
    "254 bytes and a zero": (b"x" * 254 + b"\0", b"\xff" + b"x" * 254 + b"\x01\x01"),
}


@pytest.mark.parametrize(("data", "coded"), EXAMPLES.values(), ids=EXAMPLES.keys())
def test_known_codes(data: bytes, coded: bytes) -> None:
    assert cobs_encode(data) == coded
    assert cobs_decode(coded) == data


@given(st.binary(max_size=2000) | st.lists(st.sampled_from([b"\0", b"\1", b"x" * 253, b"x" * 254])).map(b"".join))
def test_what_is_encoded_is_decoded_and_holds_no_zero(data: bytes) -> None:
    coded = cobs_encode(data)
    assert b"\0" not in coded
    assert len(coded) <= cobs_length_limit(len(data))
    assert cobs_decode(coded) == data


@given(st.binary(max_size=600))
def test_decoding_anything_gives_bytes_or_none(coded: bytes) -> None:
    data = cobs_decode(coded)
    assert data is None or len(data) < len(coded)


@pytest.mark.parametrize("coded", [b"", b"\x02", b"\x05abc", b"\x02\0", b"\xffabc"])
def test_damaged_codes_are_refused(coded: bytes) -> None:
    assert cobs_decode(coded) is None
