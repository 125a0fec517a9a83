"""pyserial's own RFC 2217 server (serial.rfc2217.PortManager) before a serial port, for one client after the other."""

from __future__ import annotations

import contextlib
import select
import socket
import sys
from collections.abc import Callable

import serial
import serial.rfc2217

__all__ = ["main"]


class _Port(serial.Serial):  # type: ignore[misc]
    """A port without modem lines, as a pty is: setting them does nothing, and none is ever asserted."""

    cts = dsr = ri = cd = False

    def _update_dtr_state(self) -> None:
        pass

    def _update_rts_state(self) -> None:
        pass


class _Sender:
    """What PortManager sends its answers with."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self.write = write


def main(device: str, tcp_port: int) -> None:
    """Serve until the process is ended."""
    with socket.create_server(("127.0.0.1", tcp_port)) as server:
        while True:
            connection, _ = server.accept()
            with connection, _Port(device, timeout=0, exclusive=True) as port, contextlib.suppress(OSError):
                _serve(connection, port)


def _serve(connection: socket.socket, port: serial.Serial) -> None:
    manager = serial.rfc2217.PortManager(port, _Sender(connection.sendall))
    while True:
        readable, _, _ = select.select([connection, port], [], [])
        if port in readable:
            connection.sendall(b"".join(manager.escape(port.read(4096))))
        if connection in readable:
            received = connection.recv(4096)
            if not received:
                return
            data = b"".join(manager.filter(received))
            while data:
                select.select([], [port], [])
                data = data[port.write(data) :]


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
