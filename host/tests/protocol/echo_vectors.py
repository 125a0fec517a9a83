"""Vectors for `echo`, the model of the test engine, and what must come of them."""

from __future__ import annotations

import random

from mcubench.protocol import Board, VectorStream

__all__ = ["INPUT_BYTES", "OUTPUT_BYTES", "check", "output", "random_payload", "stream"]

INPUT_BYTES, OUTPUT_BYTES = 8, 4


def random_payload(vectors: int, seed: int = 1) -> bytes:
    """Inputs without the first bytes that make `echo` misbehave."""
    data = bytearray(random.Random(seed).randbytes(vectors * INPUT_BYTES))
    for start in range(0, len(data), INPUT_BYTES):
        data[start] &= 0x7F
    return bytes(data)


def output(vector: bytes) -> bytes:
    return bytes((vector[i] + 2 * vector[i + 4] + 1) & 0xFF for i in range(OUTPUT_BYTES))


def stream(board: Board, data: bytes, model: str = "echo") -> VectorStream:
    """Say hello, select the model, and return the stream, which has not begun."""
    board.connect()
    return VectorStream(board, board.select(model), data)


def check(streaming: VectorStream, data: bytes) -> None:
    """Every vector has one result, which is its own."""
    results = list(streaming)
    vectors = [data[at : at + INPUT_BYTES] for at in range(0, len(data), INPUT_BYTES)]
    assert sorted(result.index for result in results) == list(range(len(vectors)))
    for result in results:
        assert (result.status, result.output) == (0, output(vectors[result.index]))
