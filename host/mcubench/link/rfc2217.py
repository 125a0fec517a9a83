"""A serial port behind a Telnet server that obeys RFC 2217: its rate and its modem lines are ours to set.

pyserial has a client too. It moves every byte through a queue of its own (measured here against ser2net: 2.8 s of CPU
per megabyte there and back, 0.14 s over a plain socket), has no descriptor to wait on, and gives up where the server
does not answer for modem lines that its port has not got.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable

from mcubench.deadline import Deadline
from mcubench.link.tcp import TcpPort
from mcubench.link.telnet import DO, DONT, IAC, WILL, WONT, Command, TelnetReader, escape, subnegotiation

__all__ = ["Rfc2217Port"]

# Of an answer from the server, which may have to open the port first.
ANSWER_TIMEOUT_S = 3.0
# Of a server that may have nothing to answer: modem lines of a port without any.
CONTROL_TIMEOUT_S = 1.0
CHUNK_BYTES = 65536

# Options: RFC 856, 858, 2217.
BINARY, SUPPRESS_GO_AHEAD, COM_PORT = 0, 3, 44
WANTED = (BINARY, SUPPRESS_GO_AHEAD, COM_PORT)
# RFC 2217, section 3; the server answers with a number that is greater by ANSWER.
SET_BAUD, SET_DATA_SIZE, SET_PARITY, SET_STOP_SIZE, SET_CONTROL, PURGE = 1, 2, 3, 4, 5, 12
ANSWER = 100
EIGHT_BITS, NO_PARITY, ONE_STOP_BIT = bytes([8]), bytes([1]), bytes([1])
NO_FLOW_CONTROL, DTR_ON, DTR_OFF, RTS_ON, RTS_OFF = (bytes([value]) for value in (1, 8, 9, 11, 12))
PURGE_BOTH = bytes([3])


class Rfc2217Port:
    """An open port, with the part of pyserial's interface that a Link uses; every failure is an OSError or ValueError.

    `keep` is given what arrives while the port waits for an answer of the server.
    """

    def __init__(self, url: str, baud: int, keep: Callable[[bytes], None]) -> None:
        if not 0 < baud < 1 << 32:
            raise ValueError(f"no rate: {baud}")
        self._keep = keep
        self._reader = TelnetReader()
        self._answers: dict[int, bytes] = {}
        self._asked = {(verb, option) for verb in (WILL, DO) for option in WANTED}
        self._serves: bool | None = None  # whether it obeys RFC 2217
        self._baud = baud
        self._connection = TcpPort(url, baud)
        try:
            self._set_up(baud)
        except BaseException:
            self.close()
            raise

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._connection.fileno()

    def read(self, max_bytes: int) -> bytes:
        """Return what has arrived: nothing if that is about the connection; OSError if the far end has closed it."""
        data, commands = self._reader.feed(self._connection.read(max_bytes))
        for command in commands:
            self._obey(command)
        return data

    def write(self, data: bytes) -> int:
        """Return how many of these bytes the connection takes now."""
        travelling = escape(data)
        gone = travelling[: self._connection.write(travelling)]
        if (len(gone) - len(gone.rstrip(bytes([IAC])))) % 2:  # half of a pair
            self._connection.write_all(bytes([IAC]))
            gone += bytes([IAC])
        return len(gone) - gone.count(bytes([IAC, IAC]))

    @property
    def baudrate(self) -> int:
        """The rate in bits/s."""
        return self._baud

    @baudrate.setter
    def baudrate(self, baud: int) -> None:
        if not 0 < baud < 1 << 32:
            raise ValueError(f"no rate: {baud}")
        got = self._set_baud(baud)
        if got != baud:
            self._set_baud(self._baud)
            raise OSError(f"its server has {got} instead")
        self._baud = baud

    def _set_dtr(self, asserted: bool) -> None:
        self._control(DTR_ON if asserted else DTR_OFF)

    def _set_rts(self, asserted: bool) -> None:
        self._control(RTS_ON if asserted else RTS_OFF)

    # Modem lines, only to be set: OSError ENOTTY if the server does not say that it did.
    dtr = property(fset=_set_dtr)
    rts = property(fset=_set_rts)

    def close(self) -> None:
        """Close the connection, and with it the far port."""
        self._connection.close()

    def _set_up(self, baud: int) -> None:
        for verb, option in sorted(self._asked):
            self._connection.write_all(bytes([IAC, verb, option]))
        self._await(lambda: self._serves is not None, ANSWER_TIMEOUT_S)
        if not self._serves:
            said = "does not speak RFC 2217" if self._serves is False else "says nothing of RFC 2217"
            raise OSError(f"its server {said}; is it a plain one, for socket://host:port, or does it hang?")
        if (got := self._set_baud(baud)) != baud:
            raise OSError(f"its server has {got} bits/s instead of {baud}")
        for what, value in ((SET_DATA_SIZE, EIGHT_BITS), (SET_PARITY, NO_PARITY), (SET_STOP_SIZE, ONE_STOP_BIT)):
            if self._ask(what, value, ANSWER_TIMEOUT_S) != value:
                raise OSError("its server does not set 8 data bits, no parity and one stop bit")
        # Asserted as by opening a local port. Servers need not answer for what their port has not got.
        for control in (NO_FLOW_CONTROL, DTR_ON, RTS_ON):
            self._connection.write_all(subnegotiation(COM_PORT, bytes([SET_CONTROL]) + control))
        self._ask(PURGE, PURGE_BOTH, CONTROL_TIMEOUT_S)

    def _set_baud(self, baud: int) -> int:
        answer = self._ask(SET_BAUD, baud.to_bytes(4), ANSWER_TIMEOUT_S)
        if answer is None:
            raise OSError(f"its server says nothing to a rate of {baud} bits/s")
        return int.from_bytes(answer)

    def _control(self, value: bytes) -> None:
        if self._ask(SET_CONTROL, value, CONTROL_TIMEOUT_S, value) is None:
            raise OSError(errno.ENOTTY, os.strerror(errno.ENOTTY))

    def _ask(self, what: int, value: bytes, timeout_s: float, expected: bytes | None = None) -> bytes | None:
        """Have the server set something; return its answer (the one `expected`, if given), None if there is none."""
        self._answers.pop(what, None)
        self._connection.write_all(subnegotiation(COM_PORT, bytes([what]) + value))
        self._await(lambda: what in self._answers and expected in (None, self._answers[what]), timeout_s)
        answer = self._answers.get(what)
        return answer if expected in (None, answer) else None

    def _await(self, come: Callable[[], bool], timeout_s: float) -> None:
        """Read until something has come, or time is up."""
        deadline = Deadline.after(timeout_s)
        while not come() and self._connection.wait(deadline):
            if data := self.read(CHUNK_BYTES):
                self._keep(data)

    def _obey(self, command: Command) -> None:
        if command.is_subnegotiation:
            if command.option == COM_PORT and command.payload:
                self._answers[command.payload[0] - ANSWER] = command.payload[1:]
            return
        if command.option == COM_PORT and command.verb in (DO, DONT):
            self._serves = command.verb == DO
        # What it offers or wants is answered once; nothing follows from what it refuses.
        if command.verb in (DO, WILL):
            ours, refusal = (WILL, WONT) if command.verb == DO else (DO, DONT)
            verb = ours if command.option in WANTED else refusal
            if (verb, command.option) not in self._asked:
                self._asked.add((verb, command.option))
                self._connection.write_all(bytes([IAC, verb, command.option]))
