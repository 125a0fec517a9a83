"""Text lines, section 2 of docs/protocol.md: words, percent-coding and the trailer with sequence number and CRC."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field

__all__ = ["Line", "add_trailer", "encode_value", "parse_line", "split_trailer"]

_TRAILER = re.compile(r"(?P<line>.*) #(?P<seq>\d{1,5}):(?P<crc>[0-9a-f]{8})")
_HEX_KEYS = ("crc32", "sha256", "uid")


@dataclass(frozen=True)
class Line:
    """A line without its trailer: `ok n=20` has kind `ok` and words {"n": "20"}; `error crc` has values ("crc",)."""

    kind: str
    values: tuple[str, ...] = ()
    words: dict[str, str] = field(default_factory=dict)

    def text(self, key: str) -> str:
        """Return the value of `key`; ValueError if the line has none."""
        if key not in self.words:
            raise ValueError(f"the line '{self.kind}' lacks {key}=")
        return self.words[key]

    def integer(self, key: str) -> int:
        """Return the value of `key` as a number (hex where the protocol says so); ValueError if it is none."""
        value = self.text(key)
        base = 16 if key.endswith(_HEX_KEYS) else 10
        # int() alone would take "+5", "1_000" and "0x10".
        if not re.fullmatch(r"[0-9a-f]+" if base == 16 else r"-?[0-9]+", value):
            raise ValueError(f"{key}={value} in the line '{self.kind}' is no number")
        return int(value, base)

    def optional_integer(self, key: str) -> int | None:
        """Return the value of `key` as a number, or None if the board does not say."""
        return self.integer(key) if self.words.get(key) else None


def encode_value(value: str) -> str:
    """Return `value` as it stands in a word: without spaces."""
    return value.replace("%", "%25").replace(" ", "%20")


def parse_line(text: str) -> Line:
    """Return the words of a line that has no trailer any more."""
    kind, *rest = text.split() or [""]
    values = tuple(_decode_value(word) for word in rest if "=" not in word)
    pairs = (word.split("=", 1) for word in rest if "=" in word)
    return Line(kind, values, {key: _decode_value(value) for key, value in pairs})


def add_trailer(text: str, seq: int) -> str:
    """Return `text` with the trailer ` #<seq>:<crc>`."""
    numbered = f"{text} #{seq}"
    return f"{numbered}:{zlib.crc32(numbered.encode('ascii')):08x}"


def split_trailer(text: str) -> tuple[str, int] | None:
    """Return line and sequence number, or None if there is no trailer or its CRC is wrong."""
    match = _TRAILER.fullmatch(text)
    if not match:
        return None
    line, seq = match["line"], int(match["seq"])
    if seq > 0xFFFF or zlib.crc32(text.rpartition(":")[0].encode("ascii")) != int(match["crc"], 16):
        return None
    return line, seq


def _decode_value(value: str) -> str:
    return value.replace("%20", " ").replace("%25", "%")
