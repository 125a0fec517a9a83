"""The rate of the line: raised to the highest that carries every byte there and back, lowered when errors pile up."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

from mcubench.deadline import Deadline
from mcubench.errors import BoardError, LinkError
from mcubench.protocol.client import Board
from mcubench.protocol.frames import Frame, FrameType

__all__ = ["BYTES_PER_ERROR", "MEMORY_BYTES", "lower_baud", "raise_baud"]

# What adapters and boards have in common, bits/s.
RATES = (4_000_000, 3_000_000, 2_000_000, 1_500_000, 1_000_000, 921_600, 460_800, 230_400, 115_200)
# Random bytes of the test. With the patterns they are 330,000 bits there and back in frames of 2560 bytes: where one
# bit in 100,000 is wrong, 96 % of all tests see it.
RANDOM_FRAMES = 5
# The board may still be changing over when the first bytes of the new rate come.
FIRST_ECHOES = 3
FIRST_WAIT_S = 0.5
# Of a later echo, besides the time its bytes take. What is lost shows without it, because the line keeps the order of
# what it does not lose.
ECHO_WAIT_S = 3.0
# A virtual board on a busy PC is slow, not bad: the first echo may take so many times what answers usually do, a later
# one, which has many more bytes, so many times what the first one took.
USUAL_ROUND_TRIPS = 2
FIRST_ROUND_TRIPS = 40
# A rate is too high if of so many bytes on the wire one is wrong: retransmission and small frames then cost about what
# the next rate does. Fewer errors may be chance.
BYTES_PER_ERROR = 2048
FEWEST_ERRORS = 8
# A line may turn bad after hours that were good: these are forgotten in pieces of at least so many bytes.
MEMORY_BYTES = 65_536


def raise_baud(board: Board, most: int | None = None) -> int:
    """Take the line to the highest rate, up to `most` bits/s, that brings back every byte; return the rate in use.

    Nothing changes where rates cannot be changed, or mean nothing. Raises RestartedError if the board is reset.
    """
    info = board.information
    if not board.link.has_rate or info.baud_max is None:
        return info.baud
    first = board.link.baud
    highest = info.baud_max if most is None else min(most, info.baud_max)
    for rate in (rate for rate in RATES if first < rate <= highest):
        if _port_has(board, rate) and _goes_to(board, rate):
            break
    board.count_errors_from_here()
    return board.link.baud


def lower_baud(board: Board) -> bool:
    """Take the line one rate down, but not below the one it was opened at, if too many frames come damaged.

    Counts from the last change of the rate, or the last call that found enough bytes to be good, and what the board
    said last of its own errors. Return whether it did.
    """
    errors, wire_bytes = board.line_errors
    if board.link.baud <= board.boot_baud or errors < FEWEST_ERRORS or errors * BYTES_PER_ERROR < wire_bytes:
        if wire_bytes >= MEMORY_BYTES:
            board.count_errors_from_here()
        return False
    lower = [rate for rate in RATES if board.boot_baud < rate < board.link.baud]
    if not any(_port_has(board, rate) and _goes_to(board, rate) for rate in (*lower, board.boot_baud)):
        board.fall_back()
    board.count_errors_from_here()
    return True


def _port_has(board: Board, rate: int) -> bool:
    """Tell whether our end can have a rate, before the board's end is there."""
    before = board.link.baud
    try:
        board.link.set_baud(rate)
    except LinkError:
        return False
    board.link.set_baud(before)
    return True


def _goes_to(board: Board, rate: int) -> bool:
    """Take both ends to a rate and test it; they are back at the first one if that fails."""
    try:
        board.set_baud(rate)
    except BoardError:
        return False
    if board.link.baud == rate and _carries_all(board):
        board.info()
        return True
    board.fall_back()
    return False


def _carries_all(board: Board) -> bool:
    """Tell whether all bytes come back as they went, one frame after the other."""
    first_wait_s = max(FIRST_WAIT_S, USUAL_ROUND_TRIPS * board.patience.wait_s)
    for _ in range(FIRST_ECHOES):
        start_s = time.monotonic()
        if _comes_back(board, b"first", first_wait_s):
            break
    else:
        return False
    wait_s = max(ECHO_WAIT_S, FIRST_ROUND_TRIPS * (time.monotonic() - start_s))
    patterns = enumerate(_patterns(board.information.frame_bytes))
    return all(_comes_back(board, data, wait_s, f"after {number}".encode()) for number, data in patterns)


def _patterns(size: int) -> Iterator[bytes]:
    """Yield what is hard for a line: few edges and many, long runs of one level, and anything."""
    yield bytes(size)  # 0x01 on the wire, after COBS
    yield b"\xff" * size  # one edge per byte: what is off between the clocks of both ends adds up
    yield b"\x55" * size  # an edge per bit
    for seed in range(RANDOM_FRAMES):
        yield random.Random(seed).randbytes(size)


def _comes_back(board: Board, data: bytes, wait_s: float, after: bytes = b"") -> bool:
    """Send bytes, and others after them; tell whether they come back, and before those others."""
    for payload in filter(None, (data, after)):
        board.channel.send_frame(FrameType.ECHO, payload)
    deadline = Deadline.after(wait_s + 4 * 10 * len(data) / board.link.baud)
    while not deadline.expired and (event := board.channel.receive(deadline)) is not None:
        # Any other payload is a late echo: a damaged one would not be a frame.
        if isinstance(event, Frame) and event.type == FrameType.ECHOED and event.payload in (data, after):
            return event.payload == data
    return False
