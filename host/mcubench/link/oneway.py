"""One direction of a line with faults: which bytes pass, and what happens between them."""

from __future__ import annotations

import logging
import math
import random
from collections.abc import Iterable, Iterator

from mcubench.link.faults import LineFault

__all__ = ["OneWay"]

log = logging.getLogger(__name__)

# Beyond any byte that will ever pass.
_NEVER = 1 << 62


class OneWay:
    """The faults of one direction, `board` or `host`, and how many bytes were put into it so far.

    What happens to a byte follows from the faults, their seeds and its place among all bytes put in, however these are
    cut into calls of `feed`.
    """

    def __init__(self, faults: Iterable[LineFault], direction: str) -> None:
        self._direction = direction
        self._sources = [_Source(fault, direction) for fault in faults if fault.acts(direction)]
        self._position = 0
        self._held = b""

    def feed(self, data: bytes) -> Iterator[bytes | LineFault]:
        """Yield what comes out for `data`: bytes, and a stall or a disconnect where the caller must make one.

        Bytes behind the point where the caller stops iterating were never put in.
        """
        begin, end = self._position, self._position + len(data)
        passed = bytearray()
        cut = False
        while self._position < end:
            here = self._position
            struck_at = min((source.next_byte for source in self._sources), default=end)
            if struck_at > here:
                self._position = min(struck_at, end)
                passed += b"" if cut else self._release(data[here - begin : self._position - begin])
                continue
            striking = [source for source in self._sources if source.next_byte == here]
            for source in striking:
                if source.is_event:
                    source.strike()
                    self._tell(source)
                    if passed:
                        yield bytes(passed)
                        passed.clear()
                    yield source.fault
            byte = data[here - begin : here - begin + 1]
            for source in striking:
                if not source.is_event:
                    self._tell(source)
                    bits = source.strike()
                    cut = cut or source.fault.name == "truncate"
                    byte = self._change(source.fault.name, byte, bits)
            self._position += 1
            passed += b"" if cut else self._release(byte)
        if passed:
            yield bytes(passed)

    def pulled(self) -> None:
        """Forget what was on the line when the cable was pulled."""
        self._held = b""

    def _change(self, name: str, byte: bytes, bits: int) -> bytes:
        if name == "flip":
            return bytes(each ^ bits for each in byte)
        if name == "drop":
            return b""
        if name == "double":
            return byte * 2
        if name == "reorder" and not self._held:
            self._held = byte
            return b""
        return byte

    def _release(self, data: bytes) -> bytes:
        """Put the byte that was held back behind the first that passes it."""
        if not data or not self._held:
            return data
        held, self._held = self._held, b""
        return data[:1] + held + data[1:]

    def _tell(self, source: _Source) -> None:
        log.debug("line fault: %s at byte %d to the %s", source.fault.name, self._position, self._direction)


class _Source:
    """The places at which one fault strikes in one direction, drawn one after the other, whatever the bytes are."""

    def __init__(self, fault: LineFault, direction: str) -> None:
        self.fault = fault
        self.is_event = fault.name in ("stall", "disconnect")
        self._rate = fault.values.get("rate")
        self._every = fault.values.get("every_bytes")
        # The name too, so that faults of one seed do not all strike the same bytes. Python promises the same numbers
        # for the same text on any machine.
        self._dice = random.Random(f"{fault.name} {direction} {fault.values.get('seed')}")
        self._places_per_byte = 8 if fault.name == "flip" else 1
        self._next = (0 if self._every else -1) + self._gap()

    @property
    def next_byte(self) -> int:
        return self._next // self._places_per_byte

    def strike(self) -> int:
        """Go on to the next byte struck; return which bits of this one are."""
        byte, bits = self.next_byte, 0
        while self.next_byte == byte:
            bits |= 1 << self._next % self._places_per_byte
            self._next += self._gap()
        return bits

    def _gap(self) -> int:
        """Return the places to the next one that is struck: each is, with probability `rate`, or every so many."""
        if self._every:
            return int(self._every)
        if not self._rate:
            return _NEVER
        if self._rate == 1.0:
            return 1
        failures = math.log1p(-self._dice.random()) / math.log1p(-self._rate)
        return 1 + int(min(failures, _NEVER))
