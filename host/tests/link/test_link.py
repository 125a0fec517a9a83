"""Links over real ptys and real sockets."""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial
import serial.rfc2217
import serial.urlhandler.protocol_loop
from played_pty import Pty

from mcubench.deadline import Deadline
from mcubench.errors import DeadlineError, LinkError
from mcubench.link import Link, Transcript


def read_all(link: Link, count: int) -> bytes:
    data, deadline = b"", Deadline.after(5)
    while len(data) < count and not deadline.expired:
        data += link.read(count - len(data), deadline)
    return data


def rate_of(descriptor: int) -> int:
    """Return the output rate in the driver's own record (Linux: struct termios2, TCGETS2)."""
    return int(struct.unpack_from("I", fcntl.ioctl(descriptor, 0x802C542A, bytes(44)), 40)[0])


def one_line(error: Exception, port: str) -> bool:
    return "\n" not in str(error) and str(error).startswith(f"{port}: ")


def test_bytes_pass_unchanged_in_both_directions(pty: Pty) -> None:
    every_byte = bytes(range(256))
    with Link(pty.name) as link:
        assert link.name == pty.name
        os.write(pty.master, every_byte)
        assert read_all(link, 256) == every_byte
        link.write(every_byte, Deadline.after(1))
        assert os.read(pty.master, 1000) == every_byte


def test_a_read_returns_what_is_there_at_once(pty: Pty) -> None:
    with Link(pty.name) as link:
        os.write(pty.master, b"abc")
        assert link.read(1000, Deadline.after(60)) == b"abc"


def test_a_read_returns_nothing_at_the_deadline(pty: Pty) -> None:
    with Link(pty.name) as link:
        deadline = Deadline.after(0.05)
        assert link.read(10, deadline) == b""
        assert deadline.expired


def test_a_port_that_takes_no_more_is_a_deadline_error(pty: Pty) -> None:
    with Link(pty.name) as link, pytest.raises(DeadlineError, match="writing 1000000 bytes") as caught:
        link.write(bytes(1_000_000), Deadline.after(0.1))
    assert caught.value.port == pty.name


def test_an_absent_port_is_said_to_be_absent(tmp_path: Path) -> None:
    port = str(tmp_path / "ttyACM9")
    with pytest.raises(LinkError, match="no such port") as caught:
        Link(port)
    assert one_line(caught.value, port)


def test_a_port_in_use_is_said_to_be_busy(pty: Pty) -> None:
    with Link(pty.name), pytest.raises(LinkError, match="busy") as caught:
        Link(pty.name)
    assert one_line(caught.value, pty.name)
    with Link(pty.name):
        pass  # and free again afterwards


@pytest.mark.parametrize(
    "port",
    ["teapot://x", "socket://", "socket://localhost", "socket://localhost:99999", "rfc2217://localhost:x", "", "."],
)
def test_what_is_no_port_is_a_link_error_of_one_line(port: str) -> None:
    with pytest.raises(LinkError) as caught:
        Link(port)
    assert one_line(caught.value, port)


def test_a_file_is_no_port(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no device")
    with pytest.raises(LinkError) as caught:
        Link(str(tmp_path / "file"))
    assert one_line(caught.value, str(tmp_path / "file"))


def test_a_rate_that_no_uart_has_is_a_link_error(pty: Pty) -> None:
    with pytest.raises(LinkError):
        Link(pty.name, baud=-1)


def test_an_unplugged_port_is_said_to_be_gone(pty: Pty) -> None:
    with Link(pty.name) as link:
        os.close(pty.master)
        pty.master = os.open(os.devnull, os.O_RDWR)
        with pytest.raises(LinkError, match="went away") as caught:
            link.read(10, Deadline.after(5))
        assert one_line(caught.value, pty.name)


def test_a_closed_link_closes_again_and_does_not_read(pty: Pty) -> None:
    link = Link(pty.name)
    link.close()
    link.close()
    with pytest.raises(LinkError):
        link.read(1, Deadline.after(0.1))


@pytest.fixture
def echo_server() -> Iterator[str]:
    """A TCP server that sends back what it gets from one client, and hangs up at `bye`."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            while data := connection.recv(65536):
                if data == b"bye":
                    return
                connection.sendall(data)

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"socket://127.0.0.1:{server.getsockname()[1]}"
    thread.join()
    server.close()


def test_a_socket_is_a_link_too(echo_server: str) -> None:
    with Link(echo_server) as link:
        link.write(bytes(range(256)) * 100, Deadline.after(5))
        assert read_all(link, 25600) == bytes(range(256)) * 100
        assert link.read(1, Deadline.after(0.05)) == b""
        link.write(b"bye", Deadline.after(1))
        with pytest.raises(LinkError, match="went away"):
            link.read(1, Deadline.after(5))


def test_a_refused_connection_is_a_link_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = f"socket://127.0.0.1:{server.getsockname()[1]}"
    with pytest.raises(LinkError) as caught:
        Link(port)
    assert one_line(caught.value, port)


class _Loop(serial.urlhandler.protocol_loop.Serial):
    """A port that sends back what it gets, and remembers what its modem lines did."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        super().__init__("loop://", timeout=0)

    def _update_rts_state(self) -> None:
        self.lines.append(f"RTS {self._rts_state:d}")
        super()._update_rts_state()

    def _update_dtr_state(self) -> None:
        self.lines.append(f"DTR {self._dtr_state:d}")
        super()._update_dtr_state()


@pytest.fixture
def loop() -> Iterator[_Loop]:
    with _Loop() as port:
        yield port


@pytest.fixture
def rfc2217_server(loop: _Loop) -> Iterator[str]:
    """pyserial's own RFC 2217 server in front of `loop` (a pty has no modem lines)."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            manager = serial.rfc2217.PortManager(loop, _Sender(connection))
            connection.settimeout(0.01)
            while True:
                if data := loop.read(1000):
                    connection.sendall(b"".join(manager.escape(data)))
                try:
                    received = connection.recv(1000)
                except TimeoutError:
                    continue
                if not received:
                    return
                loop.write(b"".join(manager.filter(received)))

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"rfc2217://127.0.0.1:{server.getsockname()[1]}"
    thread.join()
    server.close()


class _Sender:
    """What pyserial's server sends its answers with."""

    def __init__(self, connection: socket.socket) -> None:
        self.write = connection.sendall


def test_rfc2217_is_a_link_too(rfc2217_server: str) -> None:
    with Link(rfc2217_server, baud=115200) as link:
        every_byte = bytes(range(256))
        link.write(every_byte, Deadline.after(5))
        assert read_all(link, 256) == every_byte
        assert link.read(1, Deadline.after(0.05)) == b""


def test_the_reset_line_is_pulsed_and_left_as_it_was(rfc2217_server: str, loop: _Loop) -> None:
    with Link(rfc2217_server) as link:
        before = len(loop.lines)
        assert link.pulse_reset()
        assert loop.lines[before:] == ["DTR 0", "RTS 1", "RTS 0", "DTR 1", "RTS 1"]


def test_a_transcript_keeps_the_last_chunks_with_their_direction(pty: Pty) -> None:
    transcript = Transcript()
    with Link(pty.name, transcript=transcript) as link:
        link.write(b"info\n", Deadline.after(1))
        os.write(pty.master, b"ok\x00")
        read_all(link, 3)
    sent, received = str(transcript).splitlines()
    assert sent.endswith(r"> " + r"    5 bytes 'info\n'")
    assert received.endswith(r"< " + r"    3 bytes 'ok\x00'")
    for number in range(100):
        transcript.add(">", b"x" * number)
    assert len(str(transcript).splitlines()) == 40


def test_the_rate_of_a_port_can_be_changed(pty: Pty) -> None:
    with Link(pty.name, 115_200) as link:
        assert (link.baud, link.has_rate) == (115_200, True)
        for baud in (2_000_000, 123_456):
            link.set_baud(baud)
            assert link.baud == baud
            # What the far end sees: the driver's own record of the rate.
            assert rate_of(pty.master) == baud
        os.write(pty.master, b"abc")
        assert read_all(link, 3) == b"abc"


def test_a_rate_that_a_port_does_not_take_is_a_link_error(pty: Pty) -> None:
    with Link(pty.name) as link, pytest.raises(LinkError, match="cannot go to -1 bits/s") as caught:
        link.set_baud(-1)
    assert one_line(caught.value, pty.name)


def test_a_pty_has_no_reset_line(pty: Pty) -> None:
    with Link(pty.name) as link:
        assert not link.pulse_reset()


def test_a_socket_has_neither_rate_nor_reset_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = f"socket://127.0.0.1:{server.getsockname()[1]}"
        with Link(port) as link:
            assert not link.has_rate
            assert not link.pulse_reset()
