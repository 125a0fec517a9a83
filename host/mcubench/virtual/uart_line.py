"""The two wires between a chip's UART and the outside, with bit rates, arrival times and line faults."""

from __future__ import annotations

import logging
from typing import Protocol

from mcubench.outside import Outside
from mcubench.virtual.bits import TOLERANCE, resample
from mcubench.virtual.time import ROUNDING_S, VirtualTime

__all__ = ["LineFaults", "UartLine"]

_log = logging.getLogger("mcubench.virtual")

# An outside without a rate of its own (a pty, a socket) runs at the standard rate that the firmware means.
_STANDARD_BAUD = (
    1200, 2400, 4800, 9600, 14400, 19200, 28800, 38400, 57600, 76800, 115200, 230400, 250000, 256000, 460800, 500000,
    576000, 921600, 1000000, 1152000, 1500000, 1843200, 2000000, 2500000, 3000000, 3500000, 4000000, 6000000, 12000000,
)  # fmt: skip
# Bytes of backlog after which the board stops reading and the host has to wait.
_MOST_PENDING = 1 << 20
_FRAME_BITS = 10  # the outside sends start bit, 8 data bits, stop bit


class LineFaults(Protocol):
    """What a fault option does to the bytes of a line."""

    def to_board(self, data: bytes, baud: float) -> bytes: ...

    def to_host(self, data: bytes, baud: float) -> bytes: ...


class UartLine:
    """Bytes in flight between one UART and the outside.

    A byte from the outside has arrived one byte time after the one before it, at the earliest one byte time after the
    board noticed it. If the two sides' bit rates differ too much when it arrives, it is garbled, in both directions.
    """

    def __init__(self, outside: Outside, faults: LineFaults, virtual: VirtualTime, baud: int | None) -> None:
        """`baud` fixes the outside's rate in bits/s.

        Without it the rate is the one that the outside itself has, and as long as it has none the firmware's, or rather
        the standard rate nearest to that.
        """
        self._outside = outside
        self._faults = faults
        self._virtual = virtual
        self._fixed_baud = baud
        self._set_baud = outside.baud  # as last seen: asking takes a system call
        self._followed_baud = _STANDARD_BAUD[0]  # what an outside without a rate has
        self._device_baud = 0.0
        self._pending = bytearray()
        self._first_arrival_s = 0.0
        self._told_baud = 0.0

    def set_device_baud(self, baud: float, nominal_baud: float) -> None:
        """Tell the bit rate of the chip's UART, true and with oscillators as they should be; 0 while it is off."""
        self._device_baud = baud
        if nominal_baud:
            self._followed_baud = min(_STANDARD_BAUD, key=lambda rate: abs(rate - nominal_baud))
        if baud and baud != self._told_baud:
            self._told_baud = baud
            matching = "" if self.matching else ", which is too far off: bytes arrive garbled"
            _log.info("line: the UART runs at %.0f bits/s, the outside at %d%s", baud, self.outside_baud, matching)

    @property
    def outside_baud(self) -> int:
        return self._fixed_baud or self._set_baud or self._followed_baud

    @property
    def matching(self) -> bool:
        """Whether both sides agree on the bit rate well enough."""
        return abs(self._device_baud / self.outside_baud - 1) <= TOLERANCE

    @property
    def byte_s(self) -> float:
        """Time of one byte from the outside, seconds."""
        return _FRAME_BITS / self.outside_baud

    def collect(self) -> None:
        """Take what the outside has sent; its bytes begin to arrive now."""
        if len(self._pending) >= _MOST_PENDING:
            return
        data = self._outside.read()
        self._look_at_rate()
        data = self._faults.to_board(data, self.outside_baud)
        if not data:
            return
        if not self._pending:
            self._first_arrival_s = self._virtual.now_s + self.byte_s
        self._pending += data

    def take_arrived(self, most: int | None = None) -> bytes:
        """Return the bytes whose last bit has arrived by now, oldest first, as the UART understands them."""
        if not self._pending:
            return b""
        late_s = self._virtual.now_s + ROUNDING_S - self._first_arrival_s
        if late_s < 0:
            return b""
        count = min(len(self._pending), 1 + int(late_s / self.byte_s))
        if most is not None:
            count = min(count, most)
        data = bytes(self._pending[:count])
        del self._pending[:count]
        self._first_arrival_s += count * self.byte_s
        if self._device_baud and not self.matching:
            data = resample(data, self.outside_baud / self._device_baud)
        return data

    @property
    def last_arrival_s(self) -> float:
        """The moment at which the newest byte taken so far arrived."""
        return self._first_arrival_s - self.byte_s

    def arrival_s(self, count: int) -> float | None:
        """The moment at which `count` more bytes, or all pending ones if they are fewer, have arrived."""
        if not self._pending:
            return None
        return self._first_arrival_s + (min(count, len(self._pending)) - 1) * self.byte_s

    def send(self, data: bytes) -> None:
        """Deliver bytes that the UART has finished sending."""
        self._look_at_rate()
        if not self.matching:
            data = resample(data, self._device_baud / self.outside_baud)
        data = self._faults.to_host(data, self._device_baud)
        if data:
            self._outside.write(data)

    def _look_at_rate(self) -> None:
        baud = self._outside.baud
        if baud != self._set_baud:
            self._set_baud = baud
            if self._fixed_baud is None:
                _log.info("line: the outside runs at %d bits/s", self.outside_baud)
