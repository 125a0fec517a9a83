"""Links over TCP connections before servers that a test plays: refusals, silence, and connections that take no more.

They also fail if pyserial has changed where `mcubench.link.far` reaches into it.
"""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
import serial.rfc2217
import serial.urlhandler.protocol_loop

from mcubench.deadline import Deadline
from mcubench.errors import DeadlineError, LinkError
from mcubench.link import Link
from mcubench.link.far import TcpPort

IAC, SE, DONT, COM_PORT = b"\xff", b"\xf0", b"\xfe", b"\x2c"


class UpToAMillion(serial.urlhandler.protocol_loop.Serial):  # type: ignore[misc]
    """A far port that goes no faster; it is never read."""

    def _reconfigure_port(self) -> None:
        if self._baudrate > 1_000_000:
            raise ValueError
        super()._reconfigure_port()


class Server:
    """A server for one client, with pyserial's own half of RFC 2217 (`obeys`: otherwise it says nothing of it).

    It takes what it is sent while `reads` is set. `received` is data as it travelled since `is_set_up` was set; before
    that, `on_settings` is called whenever something comes.
    """

    def __init__(self) -> None:
        self.obeys = True
        self.greeting = b""
        self.hangs_up = False
        self.on_settings: Callable[[], None] = lambda: None
        self.reads = threading.Event()
        self.reads.set()
        self.received = b""
        self.is_set_up = False
        self.port = UpToAMillion("loop://", timeout=0)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # soon full
        self.place = f"127.0.0.1:{self._listening.getsockname()[1]}"
        self._connection: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        assert self._connection is not None
        self._connection.sendall(data)

    def close(self) -> None:
        self.reads.set()
        self._listening.close()
        self._thread.join(10)
        self.port.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            self._connection, _ = self._listening.accept()
            with self._connection:
                self.write(self.greeting)
                if self.hangs_up:
                    return
                manager = serial.rfc2217.PortManager(self.port, self) if self.obeys else None
                while self.reads.wait() and (raw := self._connection.recv(1 << 16)):
                    if self.is_set_up or manager is None:
                        self.received += raw
                        continue
                    self.on_settings()
                    b"".join(manager.filter(raw))


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def rfc2217(server: Server) -> str:
    return f"rfc2217://{server.place}"


def hold_little(link: Link) -> None:
    """Let the connection take 64 kB at most, so that a long write would not end."""
    connection = socket.socket(fileno=link._serial.fileno())
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 32_768)
    connection.detach()


def test_a_port_that_takes_no_more_is_a_deadline_error_and_nothing_is_cut_in_half(server: Server, rfc2217: str) -> None:
    payload = b"a" + b"\xff" * 20_000_000  # pairs at odd places: sockets are full at even ones
    with Link(rfc2217) as link:
        hold_little(link)
        server.reads.clear()
        server.is_set_up = True
        with pytest.raises(DeadlineError, match="the port takes no more"):
            link.write(payload, Deadline.after(0.3))
        server.reads.set()
        link.write(b"end", Deadline.after(30))
    server.close()
    data = server.received[server.received.index(b"a") :]
    assert data.endswith(b"end")
    assert data[:-3].strip(b"\xff") == b"a"
    assert len(data) % 2 == 0  # a, whole pairs, end
    assert 4 < len(data) < 2 * len(payload)


def test_a_server_that_refuses_rfc2217_is_one_line(server: Server, rfc2217: str) -> None:
    server.obeys, server.greeting = False, IAC + DONT + COM_PORT
    with pytest.raises(LinkError, match=r"does not speak RFC 2217; is it a plain one, for socket://host") as failure:
        Link(rfc2217)
    assert "\n" not in str(failure.value)


def test_a_server_that_hangs_up_is_told_with_its_reason(server: Server, rfc2217: str) -> None:
    server.greeting, server.hangs_up = b"Go away\r\n", True
    with pytest.raises(LinkError, match="its server closed the connection, saying 'Go away'; it may") as failure:
        Link(rfc2217)
    assert "\n" not in str(failure.value)


def test_a_server_that_says_no_more_telnet_ends_the_connection_and_prints_nothing(
    server: Server, rfc2217: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with Link(rfc2217) as link:
        server.write(b"last words" + IAC + SE)  # an end without a beginning
        assert link.read(100, Deadline.after(5)) == b"last words"
        with pytest.raises(LinkError, match="went away"):
            link.read(100, Deadline.after(5))
    assert capfd.readouterr() == ("", "")


def test_a_rate_that_the_far_port_has_not_leaves_the_old_one(server: Server, rfc2217: str) -> None:
    with Link(rfc2217, 921_600) as link:
        with pytest.raises(LinkError, match="cannot go to 4000000 bits/s"):
            link.set_baud(4_000_000)
        assert (link.baud, server.port.baudrate) == (921_600, 921_600)
        link.set_baud(1_000_000)
        assert (link.baud, server.port.baudrate) == (1_000_000, 1_000_000)


def test_what_comes_while_the_server_is_asked_is_read_afterwards(server: Server, rfc2217: str) -> None:
    with Link(rfc2217) as link:
        server.on_settings = lambda: server.write(b"early \xff\xff")
        link.set_baud(115_200)
        server.on_settings = lambda: None
        assert link.read(7, Deadline.after(5)) == b"early \xff"


def test_a_read_takes_no_more_than_it_was_asked_for(server: Server, rfc2217: str) -> None:
    with Link(rfc2217) as link:
        server.write(b"abcdef")
        data, deadline = b"", Deadline.after(5)
        while len(data) < 6 and not deadline.expired:
            piece = link.read(2, deadline)
            assert len(piece) <= 2
            data += piece
    assert data == b"abcdef"


TELNET = b"\xff\xfb\x03\xff\xfd\x2c"  # WILL SUPPRESS-GO-AHEAD, DO COM-PORT


def test_telnet_is_known_by_its_first_bytes_however_they_come(server: Server) -> None:
    server.obeys, server.greeting = False, TELNET[:1]
    with Link(f"socket://{server.place}") as link:
        assert link.read(100, Deadline.after(5)) == TELNET[:1]
        server.write(TELNET[1:] + b"boot")
        for _ in range(2):
            with pytest.raises(LinkError, match=rf"speaks Telnet.*; use rfc2217://{server.place}, or") as failure:
                link.read(100, Deadline.after(5))
            assert "\n" not in str(failure.value)
            server.write(b"more")


@pytest.mark.parametrize("first", [b"boot\n" + TELNET, b"\xff\xff" + TELNET, TELNET[:3] + b"ok\n", TELNET[:2] * 4])
def test_bytes_of_a_board_are_not_taken_for_telnet(server: Server, first: bytes) -> None:
    server.obeys, server.greeting = False, first
    with Link(f"socket://{server.place}") as link:
        data, deadline = b"", Deadline.after(5)
        while len(data) < len(first) and not deadline.expired:
            data += link.read(100, deadline)
        assert data == first
        server.write(TELNET)
        assert link.read(1, deadline) == TELNET[:1]


def test_what_a_server_says_while_the_port_is_opened_is_not_thrown_away(server: Server) -> None:
    server.obeys, server.greeting = False, b"boot"
    port = TcpPort(f"socket://{server.place}", timeout=0)
    assert select.select([port], [], [], 5)[0]
    port.reset_input_buffer()  # as pyserial does after it has opened, sometimes before and sometimes after the greeting
    assert port.read(4) == b"boot"
    port.close()


def test_options_in_an_address_are_kept(rfc2217: str) -> None:
    with Link(f"{rfc2217}?timeout=5") as link:
        assert link.has_rate


def test_short_pieces_are_sent_at_once(server: Server) -> None:
    server.obeys = False
    port = TcpPort(f"socket://{server.place}", timeout=0)
    descriptor = socket.socket(fileno=port.fileno())
    assert descriptor.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    descriptor.detach()
    port.close()
