"""A faulty cable between the host and a real pty: deadlines are kept, and it can be pulled and plugged in again."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from played_pty import Pty

from mcubench.deadline import Deadline
from mcubench.errors import DeadlineError, LinkError
from mcubench.link import FaultyCable, Link, parse_line_fault

OpenFaulty = Callable[..., Link]


def cable(*specs: str) -> FaultyCable:
    return FaultyCable([parse_line_fault(spec) for spec in specs])


@pytest.fixture
def open_faulty(pty: Pty) -> Iterator[OpenFaulty]:
    """A function that opens the pty over a cable with such faults."""
    with ExitStack() as stack:
        yield lambda *specs: stack.enter_context(cable(*specs).open(pty.name, lambda: Link(pty.name)))


def read_until_silence(link: Link, step: int = 1000) -> bytes:
    data = b""
    while chunk := link.read(step, Deadline.after(0.05)):
        assert len(chunk) <= step
        data += chunk
    return data


def test_a_cable_without_faults_passes_all(pty: Pty, open_faulty: OpenFaulty) -> None:
    link = open_faulty()
    assert link.name == pty.name
    os.write(pty.master, bytes(range(256)))
    assert read_until_silence(link) == bytes(range(256))
    link.write(bytes(range(256)), Deadline.after(1))
    assert os.read(pty.master, 1000) == bytes(range(256))


def test_doubled_bytes_come_in_reads_no_longer_than_asked_for(pty: Pty, open_faulty: OpenFaulty) -> None:
    link = open_faulty("double:rate=1,to=host")
    os.write(pty.master, b"abc")
    assert read_until_silence(link, step=2) == b"aabbcc"
    link.write(b"abc", Deadline.after(1))
    assert os.read(pty.master, 1000) == b"abc"


def test_an_expired_deadline_takes_what_is_there(pty: Pty, open_faulty: OpenFaulty) -> None:
    link = open_faulty("flip:rate=1")
    os.write(pty.master, b"\x00\x01")
    assert link.read(10, Deadline.after(0)) == b"\xff\xfe"
    assert link.read(10, Deadline.after(0)) == b""


def test_a_line_that_loses_all_keeps_the_deadline(pty: Pty, open_faulty: OpenFaulty) -> None:
    link = open_faulty("drop:rate=1")
    os.write(pty.master, bytes(1000))
    deadline = Deadline.after(0.05)
    assert link.read(10, deadline) == b""
    assert deadline.expired
    link.write(bytes(1000), Deadline.after(1))
    os.set_blocking(pty.master, False)
    with pytest.raises(BlockingIOError):
        os.read(pty.master, 10)


def test_reads_keep_their_deadline_in_a_stall(pty: Pty, open_faulty: OpenFaulty) -> None:
    link = open_faulty("stall:rate=1,for_s=3600,to=host")
    os.write(pty.master, b"abc")
    for _ in range(3):
        deadline = Deadline.after(0.05)
        assert link.read(10, deadline) == b""
        assert deadline.expired
    link.write(b"the other way is free", Deadline.after(0.05))


def test_writes_keep_their_deadline_in_a_stall(pty: Pty, open_faulty: OpenFaulty) -> None:
    link = open_faulty("stall:rate=1,for_s=3600,to=board")
    for _ in range(2):
        with pytest.raises(DeadlineError, match="writing 3 bytes; last seen: the port takes no more") as caught:
            link.write(b"abc", Deadline.after(0.05))
        assert caught.value.port == pty.name
    os.write(pty.master, b"the other way is free")
    assert link.read(100, Deadline.after(5)) == b"the other way is free"


def test_a_stall_loses_nothing(pty: Pty, open_faulty: OpenFaulty) -> None:
    link = open_faulty("stall:rate=0.02,for_s=0.002")
    os.write(pty.master, bytes(range(256)) * 4)
    assert read_until_silence(link) == bytes(range(256)) * 4
    link.write(bytes(range(256)) * 4, Deadline.after(5))
    arrived = b""
    while len(arrived) < 1024:
        arrived += os.read(pty.master, 2000)
    assert arrived == bytes(range(256)) * 4


@pytest.mark.parametrize("direction", ["host", "board"])
def test_a_pulled_cable_is_told_as_one_and_can_be_plugged_in_again(pty: Pty, direction: str) -> None:
    faulty = cable(f"disconnect:every_bytes=10,away_s=0,to={direction}")
    for begin in (0, 10):  # bytes are counted on over the links
        data = bytes(range(begin, begin + 10))
        with faulty.open(pty.name, lambda: Link(pty.name)) as link:
            os.write(pty.master, data + (b"lost" if direction == "host" else b""))
            assert link.read(100, Deadline.after(5)) == data
            with pytest.raises(LinkError, match="went away") as caught:
                link.write(data + b"lost", Deadline.after(5))
                link.read(100, Deadline.after(5))
            assert "\n" not in str(caught.value)
            assert str(caught.value).startswith(f"{pty.name}: ")
            assert os.read(pty.master, 100) == data + (b"lost" if direction == "host" else b"")
            for use in (lambda: link.read(1, Deadline.after(5)), lambda: link.write(b"x", Deadline.after(5))):
                with pytest.raises(LinkError, match="went away"):
                    use()


def test_a_byte_that_was_held_back_is_lost_with_the_cable(pty: Pty) -> None:
    faulty = cable("reorder:rate=1,to=host", "disconnect:every_bytes=1,away_s=0,to=host")
    for _ in range(2):
        with faulty.open(pty.name, lambda: Link(pty.name)) as link:
            os.write(pty.master, b"a")
            assert link.read(10, Deadline.after(0.05)) == b""
            os.write(pty.master, b"b")
            with pytest.raises(LinkError, match="went away"):
                link.read(10, Deadline.after(5))


def test_a_port_whose_cable_is_out_is_absent_and_free(pty: Pty) -> None:
    faulty = cable("disconnect:every_bytes=1,away_s=3600")
    link = faulty.open(pty.name, lambda: Link(pty.name))
    with pytest.raises(LinkError):
        link.write(b"ab", Deadline.after(5))
    with pytest.raises(LinkError, match=f"{pty.name}: no such port"):
        faulty.open(pty.name, lambda: Link(pty.name))
    with Link(pty.name):
        pass  # nobody has it open any more


def test_a_cable_is_pulled_after_some_time_whoever_waits(open_faulty: OpenFaulty) -> None:
    link = open_faulty("disconnect:every_s=0.05", "stall:rate=1,for_s=3600")
    with pytest.raises(LinkError, match="went away"):
        link.read(10, Deadline.after(60))
    link = open_faulty("disconnect:every_s=0.05", "stall:rate=1,for_s=3600")
    with pytest.raises(LinkError, match="went away"):
        link.write(b"stalled", Deadline.after(60))


def test_rate_and_reset_line_are_those_of_the_port_behind_the_cable(open_faulty: OpenFaulty) -> None:
    link = open_faulty("flip:rate=1")
    assert link.has_rate
    link.set_baud(460_800)
    assert link.baud == 460_800
    assert not link.pulse_reset()
