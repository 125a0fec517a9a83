"""One command and its answer, once: what came back, or how it was lost."""

from __future__ import annotations

import enum

from mcubench.deadline import Deadline
from mcubench.protocol.answers import Answer
from mcubench.protocol.channel import Channel
from mcubench.protocol.splitter import TextLine
from mcubench.protocol.text import Line, add_trailer, parse_line, split_trailer

__all__ = ["Lost", "exchange"]

FINAL_KINDS = ("ok", "error")


class Lost(enum.Enum):
    """Why there is no answer."""

    SILENCE = enum.auto()  # nothing that belongs to the command came in time
    DAMAGED = enum.auto()  # the command or the end of its answer was damaged on the way
    BOOT = enum.auto()  # the board started anew


def exchange(channel: Channel, command: str, seq: int, deadline: Deadline) -> Answer | Lost:
    """Send `command` with sequence number `seq` and collect its answer until `deadline`."""
    channel.send_text(add_trailer(command, seq))
    data: list[Line] = []
    while (event := channel.receive(deadline)) is not None:
        if not isinstance(event, TextLine):
            continue  # a frame that was still on its way
        numbered = split_trailer(event.text)
        if numbered is None:
            line = parse_line(event.text)
            if line.kind in FINAL_KINDS:
                return Lost.DAMAGED
            if line.kind == "boot":
                return Lost.BOOT
        elif numbered[1] == seq:
            line = parse_line(numbered[0])
            if line.kind in FINAL_KINDS:
                return Answer(tuple(data), line)
            data.append(line)
    return Lost.SILENCE
