"""A byte stream to a board: a serial device, a pty, `socket://` or `rfc2217://`."""

from __future__ import annotations

import contextlib
import errno
import re
import select
import time
from types import TracebackType
from typing import Any

import serial

from mcubench.deadline import Deadline
from mcubench.errors import DeadlineError, LinkError
from mcubench.link.far import Rfc2217Port, TcpPort
from mcubench.link.transcript import Transcript

__all__ = ["DEFAULT_BAUD", "Link"]

# What most of our firmware's UARTs run at; a pty or a socket ignores it.
DEFAULT_BAUD = 1_000_000
# How long the reset line is held, and then left alone: an ESP32 reads its boot pins when EN is high again, which rises
# with a time constant of 10 ms (10 kOhm and 1 uF in Espressif's hardware design guidelines).
RESET_PULSE_S = 0.1
# A server that hangs up at once may say why, in a line. Whoever has said more was in a conversation.
LONGEST_REASON_BYTES = 120
# What a Telnet server begins with: WILL, WONT, DO or DONT of one option after another, each behind a byte 0xFF (RFC
# 854). Of what a board is in the middle of sending, two in a row are the beginning by chance once in 10^10 connections.
TELNET = re.compile(rb"(\xff[\xfb-\xfe][\x00-\x31]){2}")
CHUNK_BYTES = 65536
CUT = (errno.ECONNRESET, errno.EPIPE)
NOT_RFC2217 = "RFC2217"  # is in what pyserial says if it was not answered, in time or at all
CONNECTIONS = TCP, RFC2217 = ("socket://", "rfc2217://")
NO_SUCH_PORT = "no such port; plug the board in, or see 'mcubench boards' for what is attached"


class Link:
    """An open port. Use it as a context manager; every failure of the port is a LinkError that names it.

    Reads come in chunks as large as what has arrived, because pyserial's own readline() reads byte by byte (130 kB/s).
    """

    _first_words = b""  # that came, as long as they are few

    def __init__(self, port: str, baud: int = DEFAULT_BAUD, transcript: Transcript | None = None) -> None:
        """Open `port` (device name or URL) at `baud` bits/s, alone: a port in use elsewhere is a LinkError."""
        self.name = port
        self.transcript = transcript
        # What a TCP port leads to may have a rate, but not one that we could know or change.
        self.has_rate = not port.lower().startswith(TCP)
        self._came_early = b""  # what was read while waiting for something else, or was more than asked for
        self._serial = _open(port, baud)
        self._descriptor = _descriptor(port, self._serial)

    def read(self, max_bytes: int, deadline: Deadline) -> bytes:
        """Return what has arrived, 1 to `max_bytes` bytes; wait for it until `deadline`, then return nothing."""
        if self._came_early:
            data, self._came_early = self._came_early[:max_bytes], self._came_early[max_bytes:]
            return data
        try:
            if isinstance(self._serial, Rfc2217Port):
                data = self._serial.take(deadline)
            else:
                data = bytes(self._serial.read(max_bytes)) if self._wait_readable(deadline) else b""
        except (OSError, ValueError, TypeError) as exc:
            raise self._gone() from exc
        self._note(data)
        self._came_early = data[max_bytes:]
        return data[:max_bytes]

    def write(self, data: bytes, deadline: Deadline) -> None:
        """Hand all of `data` to the port; raise DeadlineError if it does not take it before `deadline`."""
        if self.transcript:
            self.transcript.add(">", data)
        rest = memoryview(data)
        try:
            while rest:
                if not self._wait_writable(deadline):
                    raise DeadlineError(
                        self.name, f"writing {len(data)} bytes", deadline.timeout_s, "the port takes no more"
                    )
                rest = rest[self._serial.write(bytes(rest[:CHUNK_BYTES])) :]
        except (OSError, ValueError, TypeError) as exc:
            raise self._gone() from exc

    @property
    def baud(self) -> int:
        """The rate that was last asked for, in bits/s."""
        return int(self._serial.baudrate)

    def set_baud(self, baud: int) -> None:
        """Change the rate in bits/s. What was written before must be out: it would go on at the new rate."""
        before = self.baud
        try:
            self._serial.baudrate = baud
        except (OSError, ValueError) as exc:
            with contextlib.suppress(OSError, ValueError):  # pyserial calls it its rate already
                self._serial.baudrate = before
            raise LinkError(self.name, f"the port cannot go to {baud} bits/s ({_reason(exc)})") from exc

    def pulse_reset(self) -> bool:
        """Pull the board's reset line for a moment; return False if the port has none. Whether it resets is not known.

        RTS is taken as the reset line, and DTR as the one that picks what an ESP32 boots: on its DevKits two
        transistors pull EN low while only RTS is asserted, and IO0 while only DTR is. Other probes do nothing then.
        Servers of RFC 2217 need not say that a port has none.
        """
        if not self.has_rate:
            return False
        try:
            self._serial.dtr = False
            self._serial.rts = True
            time.sleep(RESET_PULSE_S)
            self._serial.rts = False
            time.sleep(RESET_PULSE_S)
            # As they were when the port was opened: the nRF52840-DK's probe is deaf while DTR is not asserted. DTR goes
            # first, because RTS alone would reset again.
            self._serial.dtr = True
            self._serial.rts = True
        except (OSError, ValueError) as exc:
            if getattr(exc, "errno", None) in (errno.ENOTTY, errno.EINVAL):  # a pty
                return False
            raise self._gone() from exc
        return True

    def close(self) -> None:
        """Close the port; closing twice is harmless."""
        with contextlib.suppress(OSError):  # it was unplugged; nothing is left to close
            self._serial.close()

    def __enter__(self) -> Link:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _wait_readable(self, deadline: Deadline) -> bool:
        return bool(select.select([self._descriptor], [], [], deadline.left_s)[0])

    def _wait_writable(self, deadline: Deadline) -> bool:
        ports = [self._descriptor]
        while True:
            # A board that is a program may take nothing before somebody takes what it sends; of RFC 2217 a thread does.
            read_from = [] if isinstance(self._serial, Rfc2217Port) else ports
            readable, writable, _ = select.select(read_from, ports, [], deadline.left_s)
            if writable or not readable:
                return bool(writable)
            self._keep(bytes(self._serial.read(CHUNK_BYTES)))

    def _keep(self, data: bytes) -> None:
        self._came_early += data
        self._note(data)

    def _note(self, data: bytes) -> None:
        if self.transcript and data:
            self.transcript.add("<", data)
        if len(self._first_words) <= LONGEST_REASON_BYTES:
            self._first_words += data
        if not self.has_rate and TELNET.match(self._first_words):
            place = self.name[len(TCP) :]
            raise LinkError(
                self.name,
                f"its server speaks Telnet, which changes a board's bytes; use {RFC2217}{place},"
                " or give ser2net an accepter tcp(nodelay),PORT",
            )

    def _gone(self) -> LinkError:
        if not self.name.lower().startswith(CONNECTIONS):
            return LinkError(self.name, "the port went away; check cable and power of the board")
        return _closed_by_far_end(self.name, self._first_words)


def _closed_by_far_end(port: str, first_words: bytes) -> LinkError:
    said = first_words.decode("ascii", "replace").strip()
    is_reason = said.isascii() and said.isprintable() and 0 < len(first_words) <= LONGEST_REASON_BYTES
    return LinkError(
        port,
        f"the port went away: its server closed the connection{f', saying {said!r}' if is_reason else ''};"
        " it may have ended, be without its board, or let in one client only",
    )


def _open(port: str, baud: int) -> Any:
    opened = None
    try:
        if port.lower().startswith(CONNECTIONS):
            opened = TcpPort() if port.lower().startswith(TCP) else Rfc2217Port()
            opened.baudrate, opened.timeout, opened.port = baud, 0, port
            opened.open()
        else:
            # Neither opening nor closing may reset a board. On an ESP32's DevKit RTS alone resets; both lines or none
            # do nothing (see pulse_reset). Linux asserts both at once in open(), and lets go of both at once at the
            # last close; so do its drivers of USB bridges (cp210x_dtr_rts, ch341_dtr_rts). pyserial then asserts DTR,
            # and RTS after it, which changes nothing. Anything else, or the other order, would make a moment of RTS
            # alone.
            opened = serial.serial_for_url(port, baudrate=baud, timeout=0, exclusive=True)
        if not isinstance(opened, Rfc2217Port):  # it knows none
            opened.write_timeout = 0  # waiting is done here, against a deadline
    except (OSError, ValueError, TypeError) as exc:
        if _errno(exc) in CUT or getattr(opened, "was_cut", False):
            raise _closed_by_far_end(port, _words_of(opened)) from exc
        raise LinkError(port, _opening_trouble(exc)) from exc
    return opened


def _words_of(port: Any) -> bytes:
    """Return what a server said before it closed the connection, as far as it was kept."""
    if isinstance(port, Rfc2217Port):
        with contextlib.suppress(OSError):
            return port.take(Deadline.after(0))
    return b""


def _opening_trouble(exc: Exception) -> str:
    number = _errno(exc)
    if number in (errno.ENOENT, errno.ENODEV, errno.ENXIO):
        return NO_SUCH_PORT
    if number in (errno.EACCES, errno.EPERM):
        return (
            "permission denied; join the group that owns it (often 'sudo usermod -aG dialout $USER', then log in again)"
        )
    if number in (errno.EBUSY, errno.EAGAIN):
        return "the port is busy; close the other program that has it open (a serial monitor?)"
    if number == errno.ECONNREFUSED:
        return "nobody listens there; is its server (ser2net, 'mcubench virtual --tcp') running, and is that its port?"
    if NOT_RFC2217 in str(exc):
        return "its server does not speak RFC 2217; is it a plain one, for socket://host:port, or does it hang?"
    return f"cannot be opened ({_reason(exc)}); expected a device, socket://host:port or rfc2217://host:port"


def _descriptor(name: str, port: Any) -> int:
    try:
        return int(port.fileno())
    except (OSError, AttributeError) as exc:
        port.close()
        raise LinkError(name, "this kind of port cannot be waited for; expected one with a descriptor") from exc


def _errno(exc: BaseException) -> int | None:
    """Return the number of an error of the system; pyserial puts its own errors around those of connections."""
    number = getattr(exc, "errno", None)
    return number if number or not exc.__context__ else _errno(exc.__context__)


def _reason(exc: Exception) -> str:
    return " ".join(str(exc).split()) or type(exc).__name__
