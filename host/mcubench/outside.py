"""Where the line of a board that is a program comes out: a pty or a TCP port."""

from __future__ import annotations

import errno
import fcntl
import os
import select
import socket
import struct
import termios
import time
import tty
from pathlib import Path
from typing import Protocol

from mcubench.deadline import Deadline
from mcubench.errors import InputError, LinkError

__all__ = ["Outside", "PtyOutside", "TcpOutside"]

_CHUNK_BYTES = 65536
# A program that has the port open and reads nothing for this long is treated as one that is not there.
_DEAF_S = 2.0
# struct termios2 and its ioctl, <asm-generic/termbits.h> of Linux: four sets of flags, line discipline, control
# characters, and the two speeds as numbers, which the older termios has not for rates without a name.
_TERMIOS2, _TCGETS2 = struct.Struct("=4IB19s2I"), 0x802C542A
# No program means this rate, so a pty that has it was given none.
_UNSET_BAUD = 50


class Outside(Protocol):
    """The far end of the line."""

    @property
    def name(self) -> str: ...

    @property
    def baud(self) -> int | None:
        """The bit rate that the program at the far end has set, None as long as it has set none."""

    def read(self) -> bytes: ...

    def write(self, data: bytes) -> None: ...

    def wait(self, timeout_s: float) -> None: ...

    def close(self) -> None: ...


class PtyOutside:
    """A pseudo terminal for any serial program. Bytes sent while nobody has it open are lost, as on a wire."""

    def __init__(self, link: Path | None = None) -> None:
        """`link` becomes a symbolic link to the pty; an existing link is replaced, anything else is an InputError."""
        self._master, slave = os.openpty()
        # Both stay in force, however often the slave is opened and closed.
        tty.setraw(slave)
        _set_speed(slave, termios.B50)
        self._device = os.ttyname(slave)
        os.close(slave)
        os.set_blocking(self._master, False)
        self._link = link
        self._deaf = False
        if link is not None:
            _make_link(link, self._device)

    @property
    def name(self) -> str:
        return f"pty {self._device}"

    @property
    def baud(self) -> int | None:
        # The settings of both ends are one; seen from here they are those of the program at the other one.
        *_, baud = _TERMIOS2.unpack(fcntl.ioctl(self._master, _TCGETS2, bytes(_TERMIOS2.size)))
        return None if baud == _UNSET_BAUD else int(baud)

    def fileno(self) -> int:
        """Return the file to poll."""
        return self._master

    def read(self) -> bytes:
        try:
            return os.read(self._master, _CHUNK_BYTES)
        except BlockingIOError:
            return b""
        except OSError as exc:
            if exc.errno != errno.EIO:  # EIO: nobody has the other side open
                raise
            return b""

    def write(self, data: bytes) -> None:
        deadline = Deadline.after(0.0 if self._deaf else _DEAF_S)
        while data and not self._hung_up():
            try:
                data = data[os.write(self._master, data) :]
                self._deaf = False
            except BlockingIOError:
                if deadline.expired:
                    self._deaf = True
                    return
                select.select([], [self._master], [], deadline.left_s)

    def wait(self, timeout_s: float) -> None:
        if self._hung_up():
            time.sleep(timeout_s)  # select() would return at once
        else:
            select.select([self._master], [], [], timeout_s)

    def close(self) -> None:
        if self._link is not None and self._link.is_symlink() and self._link.readlink() == Path(self._device):
            self._link.unlink()
        os.close(self._master)

    def _hung_up(self) -> bool:
        poll = select.poll()
        poll.register(self._master, 0)
        return any(event & select.POLLHUP for _, event in poll.poll(0))


class TcpOutside:
    """A TCP server on the loopback interface, for one client at a time; others are turned away."""

    def __init__(self, port: int) -> None:
        """Listen on `port`, 0 for any free one; a port in use is a LinkError."""
        self._client: socket.socket | None = None
        self._deaf = False
        try:
            self._server = socket.create_server(("127.0.0.1", port))
        except (OSError, OverflowError) as exc:
            raise LinkError(f"tcp port {port}", f"cannot listen there: {exc}; give another --tcp port") from exc
        self._server.setblocking(False)

    @property
    def name(self) -> str:
        return f"tcp socket://127.0.0.1:{self._server.getsockname()[1]}"

    @property
    def baud(self) -> int | None:
        return None

    def read(self) -> bytes:
        if self._client is None:
            self._client = self._accept()
        if self._client is None:
            return b""
        try:
            data = self._client.recv(_CHUNK_BYTES)
        except BlockingIOError:
            return b""
        except OSError:
            data = b""
        if not data:
            self._drop_client()
        return data

    def write(self, data: bytes) -> None:
        deadline = Deadline.after(0.0 if self._deaf else _DEAF_S)
        while data and self._client is not None:
            try:
                data = data[self._client.send(data) :]
                self._deaf = False
            except BlockingIOError:
                if deadline.expired:
                    self._deaf = True
                    return
                select.select([], [self._client], [], deadline.left_s)
            except OSError:
                self._drop_client()

    def wait(self, timeout_s: float) -> None:
        watched = [self._server] if self._client is None else [self._server, self._client]
        ready, _, _ = select.select(watched, [], [], timeout_s)
        if self._client is not None and self._client not in ready and self._server in ready:
            surplus = self._accept()
            if surplus is not None:
                surplus.close()

    def close(self) -> None:
        self._drop_client()
        self._server.close()

    def _accept(self) -> socket.socket | None:
        try:
            client, _ = self._server.accept()
        except OSError:  # nobody there, or gone again
            return None
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client

    def _drop_client(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


def _set_speed(terminal: int, speed: int) -> None:
    attributes = termios.tcgetattr(terminal)
    attributes[4] = attributes[5] = speed  # ispeed, ospeed
    termios.tcsetattr(terminal, termios.TCSANOW, attributes)


def _make_link(link: Path, device: str) -> None:
    if link.is_symlink():
        link.unlink()
    try:
        link.symlink_to(device)
    except OSError as exc:
        raise InputError(f"--link {link}: cannot make this link to {device}: {exc.strerror}") from exc
