"""Consistent Overhead Byte Stuffing: bytes without zeros, at one byte more in 254.

Cheshire and Baker, "Consistent Overhead Byte Stuffing", IEEE/ACM Transactions on Networking 7(2), 1999.
"""

from __future__ import annotations

__all__ = ["cobs_decode", "cobs_encode", "cobs_length_limit"]

# A code byte of 0xFF is followed by 254 data bytes and stands for no zero.
LONGEST_BLOCK = 254
_CODES = [bytes([code]) for code in range(0x100)]


def cobs_encode(data: bytes) -> bytes:
    """Return `data` without any zero byte."""
    parts: list[bytes] = []
    group = b""
    for group in data.split(b"\0"):
        rest = group
        while len(rest) >= LONGEST_BLOCK:
            parts += (_CODES[0xFF], rest[:LONGEST_BLOCK])
            rest = rest[LONGEST_BLOCK:]
        parts += (_CODES[len(rest) + 1], rest)
    # The end of the data stands for no zero, so a full block there needs no empty one behind it.
    if group and len(group) % LONGEST_BLOCK == 0:
        del parts[-2:]
    return b"".join(parts)


def cobs_decode(coded: bytes) -> bytes | None:
    """Return the bytes that were coded, or None if `coded` is no COBS code (a zero inside, a block cut short)."""
    if b"\0" in coded or not coded:
        return None
    data = bytearray()
    at = 0
    while at < len(coded):
        code = coded[at]
        if at + code > len(coded):
            return None
        data += coded[at + 1 : at + code]
        at += code
        if code != 0xFF and at < len(coded):
            data.append(0)
    return bytes(data)


def cobs_length_limit(data_bytes: int) -> int:
    """Return the most bytes that `data_bytes` bytes can become."""
    return data_bytes + max(1, -(-data_bytes // LONGEST_BLOCK))
