"""The client of RFC 2217 before servers that a test plays: refusals, silence, and connections that take no more."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from mcubench.deadline import Deadline
from mcubench.errors import DeadlineError, LinkError
from mcubench.link import Link
from mcubench.link.telnet import DO, DONT, IAC, TelnetReader, escape, subnegotiation

COM_PORT, SET_BAUD, ANSWER = 44, 1, 100
Answer = Callable[[int, bytes], bytes | None]


class Server:
    """A server of RFC 2217 for one client: `answer` says what it does with a setting, None for silence.

    It takes what it is sent while `reads` is set, and keeps it in `received` as it travels; `say` sends data.
    """

    def __init__(self) -> None:
        self.verb = DO
        self.answer: Answer = lambda _, value: value
        self.reads = threading.Event()
        self.reads.set()
        self.received = b""
        self.is_set_up = False  # then no settings come any more
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # soon full
        self.url = f"rfc2217://127.0.0.1:{self._listening.getsockname()[1]}"
        self._connection: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def say(self, data: bytes) -> None:
        assert self._connection is not None
        self._connection.sendall(data)

    def close(self) -> None:
        self.reads.set()
        self._listening.close()
        self._thread.join(10)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            self._connection, _ = self._listening.accept()
            reader = TelnetReader()
            with self._connection:
                self._connection.sendall(bytes([IAC, self.verb, COM_PORT]))
                while self.reads.wait() and (raw := self._connection.recv(1 << 16)):
                    self.received += raw
                    if self.is_set_up:
                        continue
                    for command in (each for each in reader.feed(raw)[1] if each.is_subnegotiation):
                        what, value = command.payload[0], command.payload[1:]
                        answer = self.answer(what, value)
                        if answer is not None:
                            self.say(subnegotiation(COM_PORT, bytes([what + ANSWER]) + answer))


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


def test_a_port_that_takes_no_more_is_a_deadline_error_and_nothing_is_cut_in_half(server: Server) -> None:
    payload = b"a" + b"\xff" * 20_000_000  # pairs at odd places: sockets are full at even ones
    with Link(server.url) as link:
        server.reads.clear()
        server.is_set_up, server.received = True, b""
        with pytest.raises(DeadlineError, match="the port takes no more"):
            link.write(payload, Deadline.after(0.3))
        server.reads.set()
        link.write(b"end", Deadline.after(30))
    server.close()
    assert server.received.endswith(b"end")
    assert server.received[:-3].strip(b"\xff") == b"a"
    assert len(server.received) % 2 == 0  # a, whole pairs, end
    assert 4 < len(server.received) < 2 * len(payload)


def test_a_server_that_refuses_rfc2217_is_one_line(server: Server) -> None:
    server.verb = DONT
    with pytest.raises(
        LinkError, match=r"does not speak RFC 2217; is it a plain one, for socket://host:port"
    ) as failure:
        Link(server.url)
    assert "\n" not in str(failure.value)


def test_a_rate_that_the_far_port_has_not_leaves_the_old_one(server: Server) -> None:
    at = [0]

    def up_to_a_million(what: int, value: bytes) -> bytes:
        if what != SET_BAUD:
            return value
        if int.from_bytes(value) <= 1_000_000:
            at[0] = int.from_bytes(value)
        return at[0].to_bytes(4)

    server.answer = up_to_a_million
    with Link(server.url, 921_600) as link:
        with pytest.raises(LinkError, match=r"cannot go to 4000000 bits/s \(its server has 921600 instead\)"):
            link.set_baud(4_000_000)
        assert (link.baud, at) == (921_600, [921_600])
        link.set_baud(1_000_000)
        assert (link.baud, at) == (1_000_000, [1_000_000])


def test_what_comes_while_the_server_is_asked_is_read_afterwards(server: Server) -> None:
    def speak(_: int, value: bytes) -> bytes:
        server.say(escape(b"early \xff"))
        return value

    with Link(server.url) as link:
        server.answer = speak
        link.set_baud(115_200)
        assert link.read(100, Deadline.after(5)) == b"early \xff"


def test_a_server_that_says_nothing_to_a_rate_is_one_line(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mcubench.link.rfc2217.ANSWER_TIMEOUT_S", 0.1)
    server.answer = lambda *_: None
    with pytest.raises(LinkError, match="its server says nothing to a rate of 1000000 bits/s"):
        Link(server.url)
