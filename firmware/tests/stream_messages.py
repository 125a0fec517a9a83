"""What tests of the stream share: vectors for the test engine's models, and what is in the messages that come back."""

from __future__ import annotations

from collections.abc import Sequence

import wire_reference as wire
from core_boards import Message

__all__ = ["BIG_BYTES", "GRAIN", "HOLD", "WINDOW", "acks", "big_output", "echo_output", "items", "results", "vector"]

WINDOW = 7680  # of the fake port
HOLD = 8192
GRAIN = 64
BIG_BYTES = 20000


def echo_output(vector: bytes) -> bytes:
    """What the model `echo` makes of a vector."""
    return bytes((vector[i] + 2 * vector[i + 4] + 1) % 256 for i in range(4))


def big_output(vector: bytes) -> bytes:
    """What the model `big` makes of a vector."""
    return bytes(sum(vector[i::600]) % 256 for i in range(600))


def vector(number: int) -> bytes:
    """Return a vector for `echo` that the engine takes."""
    return bytes((number * 7 + i * 3) % 200 for i in range(8))


def acks(messages: Sequence[Message]) -> list[wire.Ack]:
    return [wire.parse_ack(m.payload) for m in messages if isinstance(m, wire.Frame) and m.kind == wire.ACK]


def results(messages: Sequence[Message], output_bytes: int = 4) -> list[wire.Result]:
    return [
        wire.parse_result(m.payload, output_bytes)
        for m in messages
        if isinstance(m, wire.Frame) and m.kind == wire.RESULT
    ]


def items(messages: Sequence[Message], output_bytes: int = 4) -> list[wire.Item]:
    return [item for result in results(messages, output_bytes) for item in result.items]
