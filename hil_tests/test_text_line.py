"""Lines as docs/protocol.md, sections 1 and 2, has them: ends, noise, length, trailers with sequence number and CRC."""

from __future__ import annotations

import pytest

from mcubench.protocol.text import add_trailer, split_trailer
from mcubench.pytest_plugin.wire import Wire

LONGEST_LINE_BYTES = 255


def noise_lines(wire: Wire) -> int:
    return int(wire.ask("info").data("link")[0].words["noise"])


@pytest.mark.parametrize("line", [b"tick\n", b"tick\r\n", b"  tick  \n", b"\n\r\n\n  \ntick\n"])
def test_line_end_and_spaces_do_not_matter(wire: Wire, line: bytes) -> None:
    assert wire.send_and_reply(line, "asking for a tick").lines[0].startswith("ok cycles=")


@pytest.mark.parametrize("command", ["help", "info", "models", "clocks", "tick"])
def test_answer_without_trailer_to_a_line_without_one(wire: Wire, command: str) -> None:
    assert all(split_trailer(line) is None and " #" not in line for line in wire.ask(command).lines)


@pytest.mark.parametrize("command", ["help", "info", "models", "clocks", "tick", "jump", "run 0", "model none-such"])
@pytest.mark.parametrize("seq", [0, 7, 65535])
def test_every_line_of_the_answer_repeats_the_sequence_number(wire: Wire, command: str, seq: int) -> None:
    parts = [split_trailer(line) for line in wire.ask(add_trailer(command, seq)).lines]
    assert [part and part[1] for part in parts] == [seq] * len(parts)


@pytest.mark.parametrize(
    "line",
    ["clock {name} #1:00000000", "clock {name} #1:", "clock {name} #x:00000000", "clock {name} #1:0000000", "tick #"],
)
def test_damaged_trailer_is_answered_with_crc_and_not_carried_out(wire: Wire, line: str) -> None:
    table = wire.ask("clocks")
    selected = table.final.words["selected"]
    other = next((row.words["name"] for row in table.data("clock") if row.words["name"] != selected), None)
    if other is None:
        pytest.skip("this board has one clock setting; two are needed to see that none was chosen")
    final = wire.ask(line.format(name=other)).lines
    assert final == ("error crc",)
    assert wire.ask("clocks").final.words["selected"] == selected


def test_every_flipped_bit_of_a_line_is_noticed(wire: Wire) -> None:
    line = add_trailer("tick", 7).encode()
    for bit in range(8 * len(line)):
        damaged = bytearray(line)
        damaged[bit // 8] ^= 1 << bit % 8
        wire.send(bytes(damaged) + b"\n\0\n")  # the delimiter ends what a flip to 0x00 would begin
        # Whatever the damaged line got, the next answer with number 8 belongs to the command after it.
        wire.send(add_trailer("tick", 8).encode() + b"\n")
        while (part := split_trailer(line_received := wire.next_line())) is None or part[1] != 8:
            assert part is None, f"bit {bit} was flipped and the board answered {line_received}"


def test_line_of_greatest_length_is_read_and_a_longer_one_refused(wire: Wire) -> None:
    assert wire.ask("x" * LONGEST_LINE_BYTES).lines[0].startswith("error unknown-command")
    assert wire.ask("x" * (LONGEST_LINE_BYTES + 1)).lines == ("error too-long",)
    assert wire.ask("tick" + " " * 2000).lines == ("error too-long",)
    assert wire.ask("tick").final.kind == "ok"


@pytest.mark.parametrize("noise", [b"\x80", b"\xff\xfe", b"tick\x07", b"\x1b[A", b"\ttick"])
def test_noise_is_counted_and_not_answered(wire: Wire, noise: bytes) -> None:
    before = noise_lines(wire)
    wire.send(noise + b"\n")
    # The first thing that comes after the noise is the answer to the command after it.
    assert wire.ask("tick").lines[0].startswith("ok cycles=")
    assert noise_lines(wire) == before + 1


def test_unfinished_line_is_discarded_by_a_delimiter(wire: Wire) -> None:
    assert wire.send_and_reply(b"reset\0\0\ntick\n", "asking for a tick").lines[0].startswith("ok cycles=")


def test_commands_sent_in_one_go_are_answered_in_order(wire: Wire) -> None:
    wire.send(b"".join(add_trailer("tick", seq).encode() + b"\n" for seq in range(20)))
    parts = [split_trailer(wire.next_line()) for _ in range(20)]
    assert [part and part[1] for part in parts] == list(range(20))
