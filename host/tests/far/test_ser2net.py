"""Boards behind Debian's ser2net: as good as local ones, over plain TCP and over RFC 2217."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from server_processes import Ser2net, free_port

from mcubench.boards import ChildBoard
from mcubench.deadline import Deadline
from mcubench.errors import LinkError
from mcubench.link import Link
from mcubench.protocol import Board
from mcubench.protocol.frames import Frame, FrameType

WAYS = ("raw", "rfc2217")
Start = Callable[..., "subprocess.Popen[str]"]
Wait = Callable[["subprocess.Popen[str]"], dict[str, Any]]


@pytest.mark.parametrize("way", WAYS)
def test_outputs_of_a_far_board_are_exact(
    native_ser2net: Ser2net, start_sweep: Start, record_of: Wait, way: str
) -> None:
    record = record_of(start_sweep("--port", getattr(native_ser2net, way), "--vectors", "100"))
    assert (record["status"], record["bit_exact"], record["vectors"]) == ("ok", True, 100)
    assert (record["attempts"], record["retransmits"], record["host_crc_errors"]) == (1, 0, 0)


@pytest.mark.parametrize("way", WAYS)
def test_every_byte_passes_both_ways(native_ser2net: Ser2net, way: str) -> None:
    """Telnet doubles 0xFF, and means something else by what follows a single one."""
    with Link(getattr(native_ser2net, way)) as link:
        board = Board(link)
        size = board.connect().frame_bytes
        every_byte = bytes(range(256)) * (size // 256)
        for payload in (b"\xff" * size, every_byte, b"\xff\xf0" * (size // 2), b"\xff\x00\r\n\r\0" * (size // 6)):
            board.channel.send_frame(FrameType.ECHO, payload)
            deadline = Deadline.after(10)
            while (event := board.channel.receive(deadline)) and not _is_echo(event):
                pass
            assert event is not None
            assert event.payload == payload


def _is_echo(event: object) -> bool:
    return isinstance(event, Frame) and event.type == FrameType.ECHOED


@pytest.mark.usefixtures("need_ser2net")
def test_the_rate_of_a_far_board_is_raised(
    virtual_board: ChildBoard, start_sweep: Start, record_of: Wait, tmp_path: Path
) -> None:
    """ser2net sets the rate that RFC 2217 asks for, and a virtual board understands no other than its own."""
    with Ser2net(virtual_board.port, tmp_path) as server:
        sweep = start_sweep("--port", server.rfc2217, "--clock", "main", "--vectors", "20")
        record = record_of(sweep)
    assert (record["status"], record["bit_exact"], record["board"]) == ("ok", True, "stm32f746")
    assert record["link_baud"] > 1_000_000


def test_ser2net_that_is_killed_and_started_again_costs_nothing_but_time(
    native_ser2net: Ser2net, start_sweep: Start, record_of: Wait
) -> None:
    started = native_ser2net.bytes_read()
    sweep = start_sweep("--port", native_ser2net.rfc2217, "--vectors", "360")
    deadline = time.monotonic() + 60
    while native_ser2net.bytes_read() - started < 100_000:  # of 290,000
        assert sweep.poll() is None, sweep.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.001)
    native_ser2net.end(signal.SIGKILL)
    assert sweep.poll() is None
    native_ser2net.start()
    record = record_of(sweep)
    assert (record["status"], record["bit_exact"], record["vectors"]) == ("ok", True, 360)
    assert [step["step"] for step in record["recoveries"] if step["ok"]] == ["re-open the port"]


def test_a_far_port_has_the_rate_that_is_asked_for(native_ser2net: Ser2net) -> None:
    with Link(native_ser2net.rfc2217, 115_200) as link:
        link.set_baud(2_000_000)
        assert link.baud == 2_000_000
        with pytest.raises(LinkError, match="cannot go to 0 bits/s"):
            link.set_baud(0)
        assert link.baud == 2_000_000


def test_a_far_port_without_modem_lines_is_used_all_the_same(native_ser2net: Ser2net) -> None:
    """ser2net says nothing when it cannot set them, as on a pty."""
    with Link(native_ser2net.rfc2217) as link:
        link.pulse_reset()
        assert Board(link).connect().board == "native"


@pytest.mark.parametrize("way", WAYS)
def test_a_port_is_free_again_as_soon_as_it_was_closed(native_ser2net: Ser2net, way: str) -> None:
    for _ in range(3):
        with Link(getattr(native_ser2net, way)) as link:
            Board(link).connect()


def test_a_far_port_in_use_is_one_line_with_what_the_server_says(native_ser2net: Ser2net) -> None:
    with Link(native_ser2net.raw) as first:
        Board(first).connect()
        for way in (native_ser2net.raw, native_ser2net.rfc2217):
            with pytest.raises(LinkError, match="let in one client only") as failure, Link(way) as second:
                Board(second).connect()
            assert "\n" not in str(failure.value)
        Board(first).connect()  # undisturbed


@pytest.mark.usefixtures("need_ser2net")
def test_a_far_port_without_its_board_is_one_line(tmp_path: Path) -> None:
    with Ser2net(tmp_path / "ttyACM7", tmp_path) as server:
        for way in (server.raw, server.rfc2217):
            with pytest.raises(LinkError, match="be without its board") as failure, Link(way) as link:
                Board(link).connect()
            assert "\n" not in str(failure.value)


def test_plain_tcp_at_a_port_for_telnet_is_one_line_before_anything_is_measured(
    native_ser2net: Ser2net, start_sweep: Start
) -> None:
    wrong = native_ser2net.rfc2217.replace("rfc2217:", "socket:")
    sweep = start_sweep("--port", wrong)
    _, said = sweep.communicate(timeout=60)
    (line,) = said.splitlines()
    assert f"{wrong}: its server speaks Telnet, which changes a board's bytes; use {native_ser2net.rfc2217}, or" in line
    assert sweep.returncode == 2


def test_a_port_for_plain_tcp_does_not_speak_rfc2217(native_ser2net: Ser2net) -> None:
    wrong = native_ser2net.raw.replace("socket:", "rfc2217:")
    with pytest.raises(LinkError, match="does not speak RFC 2217; is it a plain one"):
        Link(wrong)


@pytest.mark.parametrize("scheme", ["socket", "rfc2217"])
def test_a_port_where_nobody_listens_is_one_line(scheme: str) -> None:
    with pytest.raises(LinkError, match="nobody listens there; is its server") as failure:
        Link(f"{scheme}://127.0.0.1:{free_port()}")
    assert "\n" not in str(failure.value)
