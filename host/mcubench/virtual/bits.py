"""What a UART receiver makes of bits that come at another rate than its own."""

from __future__ import annotations

__all__ = ["TOLERANCE", "resample"]

# RM0385 31.5.5: the receiver tolerates 3.75 % with 16-fold oversampling and three samples a bit.
TOLERANCE = 0.0375
_DATA_BITS = 8
# Where in a bit it is sampled. Sampling exactly in the middle would tolerate 5.3 %; the start edge is only known to one
# sixteenth and the three samples reach another sixteenth to each side, always the unlucky way here.
_MIDDLE = 0.5
_UNLUCKY = 0.138


def resample(data: bytes, ratio: float) -> bytes:
    """Return what a receiver reads of `data` sent back to back, 8N1; `ratio` is sender's bit rate over receiver's.

    A frame whose stop bit reads 0 is delivered as well, as an STM32 does with its framing error flag; what the receiver
    takes for the next start bit may then lie anywhere.
    """
    line = _waveform(data)
    place = _MIDDLE + (_UNLUCKY if ratio > 1 else -_UNLUCKY)
    received = bytearray()
    position = 0.0  # in sender's bits
    while (start := _falling_edge(line, position)) is not None:
        bits = [_level(line, start + (index + place) * ratio) for index in range(_DATA_BITS + 2)]
        position = start + (_DATA_BITS + 1 + place) * ratio
        if not bits[0]:
            received.append(sum(level << index for index, level in enumerate(bits[1 : 1 + _DATA_BITS])))
    return bytes(received)


def _waveform(data: bytes) -> list[int]:
    line: list[int] = []
    for byte in data:
        line += [0, *(byte >> index & 1 for index in range(_DATA_BITS)), 1]
    return line


def _level(line: list[int], position: float) -> int:
    index = int(position)
    return line[index] if index < len(line) else 1  # the line idles high


def _falling_edge(line: list[int], position: float) -> int | None:
    """Return the next bit position at or after `position` where the line goes from 1 to 0."""
    index = int(position)
    if position > index:
        index += 1
    for start in range(index, len(line)):
        if line[start] == 0 and (start == 0 or line[start - 1] == 1):
            return start
    return None
