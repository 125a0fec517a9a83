"""Ports behind a TCP connection: pyserial's, made to answer at once and to say that the far end has gone."""

from __future__ import annotations

import contextlib
import logging
import queue
import socket
import warnings

from serial import rfc2217
from serial.urlhandler import protocol_socket

from mcubench.deadline import Deadline

__all__ = ["Rfc2217Port", "TcpPort"]

log = logging.getLogger(__name__)

# Servers need not acknowledge modem lines that their port has not got (ser2net on a pty does not), and pyserial would
# then give the port up.
LENIENT = "ign_set_control"
# A connection that takes anything takes this, so that a write that was begun ends; pyserial's cannot be cut short.
WRITE_BYTES = 4096
# Linux only; elsewhere setting TCP_NODELAY once more does nothing.
QUICK_ACKNOWLEDGEMENT = getattr(socket, "TCP_QUICKACK", socket.TCP_NODELAY)


class _Connection:
    """What both kinds need of pyserial's `_socket`."""

    _socket: socket.socket | None

    def fileno(self) -> int:
        """Return the descriptor to wait on; OSError if the port is closed."""
        if self._socket is None:
            raise OSError("the port is closed")
        return self._socket.fileno()

    def close(self) -> None:
        """Close the port; pyserial would leave a connection open that the far end has reset."""
        connection = self._socket
        super().close()  # type: ignore[misc]
        if connection:
            connection.close()

    def _send_at_once(self) -> None:
        self._set(socket.TCP_NODELAY)

    def _acknowledge(self) -> None:
        """Acknowledge what was read now: Linux may take 40 ms, and a server may send no further short piece before."""
        self._set(QUICK_ACKNOWLEDGEMENT)  # it lasts for a moment only

    def _set(self, option: int) -> None:
        if self._socket:
            with contextlib.suppress(OSError):  # it was reset; the next read or write says so
                self._socket.setsockopt(socket.IPPROTO_TCP, option, 1)


class TcpPort(_Connection, protocol_socket.Serial):  # type: ignore[misc]
    """What `socket://host:port` names: a board's bytes as they are."""

    def open(self) -> None:
        super().open()
        self._send_at_once()

    def reset_input_buffer(self) -> None:
        """Throw nothing away: pyserial does when it has opened, and a server may have said already what it is."""

    def read(self, size: int = 1) -> bytes:
        data = bytes(super().read(size))
        self._acknowledge()
        return data


class Rfc2217Port(_Connection, rfc2217.Serial):  # type: ignore[misc]
    """What `rfc2217://host:port` names. A thread of pyserial's reads, byte by byte into a queue; `take` empties it."""

    was_cut = False  # by the far end

    @property
    def port(self) -> str | None:
        """The address, as pyserial has it; it is told not to insist on modem lines."""
        return str(self._port) if self._port else None

    @port.setter
    def port(self, url: str | None) -> None:
        if url and LENIENT not in url:
            url += f"{'&' if '?' in url else '?'}{LENIENT}"
        rfc2217.Serial.port.fset(self, url)

    def open(self) -> None:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", r"set(Daemon|Name)\(\) is deprecated", DeprecationWarning)
            super().open()  # sends at once

    def take(self, deadline: Deadline) -> bytes:
        """Return all that has arrived; wait for it until `deadline`, then return nothing; OSError if it was cut."""
        try:
            pieces = [self._read_buffer.get(True, deadline.left_s)]
        except queue.Empty:
            return b""
        with self._read_buffer.mutex:
            pieces += self._read_buffer.queue
            self._read_buffer.queue.clear()
        self._acknowledge()
        if None in pieces:  # the thread's last word
            del pieces[pieces.index(None) :]
            self._read_buffer.put(None)
            if not pieces:
                raise ConnectionResetError("the far end has closed the connection")
        return b"".join(pieces)

    def write(self, data: bytes) -> int:
        """Send the beginning of `data`; return how many bytes that was."""
        return int(super().write(data[:WRITE_BYTES]))

    def _telnet_read_loop(self) -> None:
        """Read until the connection ends, for whatever reason: pyserial's thread ends with a traceback for some."""
        try:
            super()._telnet_read_loop()
        except (OSError, TypeError) as exc:  # it could not answer any more; what came is not Telnet
            log.debug("the reader of %s ended: %s", self.port, exc)
        finally:
            self.was_cut = self.is_open
            self._read_buffer.put(None)
