"""Data and commands of Telnet are taken apart, however they are cut into chunks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcubench.link.telnet import DO, IAC, WILL, Command, TelnetReader, escape, subnegotiation

# Bytes that mean something to Telnet are as likely as all others.
byte_strings = st.lists(st.sampled_from([0, 1, 13, 240, 241, 250, 251, 254, 255])).map(bytes)
commands = st.one_of(
    st.builds(lambda option: (bytes([IAC, DO, option]), Command(DO, option)), st.integers(0, 255)),
    st.builds(lambda option: (bytes([IAC, WILL, option]), Command(WILL, option)), st.integers(0, 255)),
    st.builds(
        lambda option, payload: (subnegotiation(option, payload), Command(250, option, payload)),
        st.integers(0, 254),
        byte_strings,
    ),
    st.just((bytes([IAC, 241]), None)),  # no operation
)
Piece = bytes | tuple[bytes, Command | None]
pieces = st.lists(st.one_of(byte_strings, commands), max_size=8)


@given(pieces, st.integers(1, 7))
def test_data_and_commands_come_out_as_they_went_in(
    sent: list[bytes | tuple[bytes, Command | None]], size: int
) -> None:
    raw = b"".join(escape(piece) if isinstance(piece, bytes) else piece[0] for piece in sent)
    reader, data, got = TelnetReader(), b"", list[Command]()
    for start in range(0, len(raw), size):
        more, found = reader.feed(raw[start : start + size])
        data += more
        got += found
    assert data == b"".join(piece for piece in sent if isinstance(piece, bytes))
    assert got == [piece[1] for piece in sent if not isinstance(piece, bytes) and piece[1]]


@given(st.lists(byte_strings))
def test_no_bytes_are_anything_but_data_commands_or_a_value_error(chunks: list[bytes]) -> None:
    reader = TelnetReader()
    for chunk in chunks:
        try:
            reader.feed(chunk)
        except ValueError:
            return


def test_a_command_without_end_is_no_telnet() -> None:
    reader = TelnetReader()
    with pytest.raises(ValueError, match="not Telnet"):
        for _ in range(100):
            reader.feed(bytes([IAC, 250]) + bytes(100))
