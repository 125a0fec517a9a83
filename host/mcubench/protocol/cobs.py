"""Consistent Overhead Byte Stuffing: bytes without zeros, at one byte more in 254.

Cheshire and Baker, "Consistent Overhead Byte Stuffing", IEEE/ACM Transactions on Networking 7(2), 1999.
"""

from __future__ import annotations

__all__ = ["cobs_decode", "cobs_encode", "cobs_length_limit"]

# A code byte of 0xFF is followed by 254 data bytes and stands for no zero.
LONGEST_BLOCK = 254


def cobs_encode(data: bytes) -> bytes:
    """Return `data` without any zero byte."""
    coded = bytearray()
    *groups, last = data.split(b"\0")
    for group in groups:
        rest = _encode_full_blocks(coded, group)
        coded.append(len(rest) + 1)
        coded += rest
    rest = _encode_full_blocks(coded, last)
    # The end of the data stands for no zero, so a full block there needs no empty one behind it.
    if rest or not last:
        coded.append(len(rest) + 1)
        coded += rest
    return bytes(coded)


def _encode_full_blocks(coded: bytearray, group: bytes) -> bytes:
    start = 0
    while len(group) - start >= LONGEST_BLOCK:
        coded.append(0xFF)
        coded += group[start : start + LONGEST_BLOCK]
        start += LONGEST_BLOCK
    return group[start:]


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
