"""A board's bytes over a TCP connection, as they are: what `socket://host:port` names.

pyserial has that too, but lets the kernel wait for more before it sends or acknowledges a short piece: a question and
its answer through ser2net took 44 ms, and take 4 ms here. It also loses the descriptor of a connection that was reset.
"""

from __future__ import annotations

import contextlib
import select
import socket
from urllib.parse import urlsplit

from mcubench.deadline import Deadline

__all__ = ["TcpPort"]

CONNECT_TIMEOUT_S = 5.0
# Of what must not be cut, and of a server that is free for the next client only when it has closed its end too.
SEND_TIMEOUT_S = 3.0
CLOSE_TIMEOUT_S = 0.5
CHUNK_BYTES = 65536
# Linux only; elsewhere setting TCP_NODELAY once more does nothing.
QUICK_ACKNOWLEDGEMENT = getattr(socket, "TCP_QUICKACK", socket.TCP_NODELAY)


class TcpPort:
    """An open connection, with the part of pyserial's interface that a Link uses; every failure is an OSError.

    Its `baudrate` is a number that somebody else has set.
    """

    def __init__(self, url: str, baud: int) -> None:
        parts = urlsplit(url)
        if not parts.hostname or not parts.port:
            raise ValueError("host or port is missing")
        self.baudrate = baud
        self._socket = socket.create_connection((parts.hostname, parts.port), CONNECT_TIMEOUT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setblocking(False)

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._socket.fileno()

    def read(self, max_bytes: int) -> bytes:
        """Return what has arrived, if anything; ConnectionResetError if the far end has closed the connection."""
        try:
            data = self._socket.recv(max_bytes)
        except BlockingIOError:
            return b""
        if not data:
            raise ConnectionResetError("the far end has closed the connection")
        # Else Linux may acknowledge after 40 ms only, and a server may send no further short piece before that.
        self._socket.setsockopt(socket.IPPROTO_TCP, QUICK_ACKNOWLEDGEMENT, 1)
        return data

    def write(self, data: bytes) -> int:
        """Return how many of these bytes the connection takes now."""
        try:
            return self._socket.send(data)
        except BlockingIOError:
            return 0

    def write_all(self, data: bytes) -> None:
        """Send what must not be cut; TimeoutError if the connection does not take it in time."""
        deadline = Deadline.after(SEND_TIMEOUT_S)
        while data := data[self.write(data) :]:
            if not select.select([], [self._socket], [], deadline.left_s)[1]:
                raise TimeoutError("the connection takes no more")

    def wait(self, deadline: Deadline) -> bool:
        """Wait for something to read; return whether there is, at `deadline` at the latest."""
        return bool(select.select([self._socket], [], [], deadline.left_s)[0])

    def close(self) -> None:
        """Close the connection; wait a moment for the far end, which may let in only one."""
        if self._socket.fileno() < 0:
            return
        with self._socket, contextlib.suppress(OSError):  # it may be closed already
            self._socket.shutdown(socket.SHUT_WR)
            deadline = Deadline.after(CLOSE_TIMEOUT_S)
            while self.wait(deadline) and self._socket.recv(CHUNK_BYTES):
                pass
