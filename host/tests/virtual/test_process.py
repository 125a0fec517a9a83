"""`mcubench virtual` as a process: ports, lifetime, refusals."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import serial
from bench import DEADLINE_S, Compile, Start

COMMAND = [sys.executable, "-m", "mcubench", "virtual"]


def exchange(port: serial.SerialBase, data: bytes) -> bytes:
    """Send `data`, return as many bytes, or those that came within five seconds."""
    port.write(data)
    return bytes(port.read(len(data)))


def open_port(name: str) -> serial.SerialBase:
    return serial.serial_for_url(name, baudrate=1000000, timeout=5)


def wait_gone(pid: int) -> bool:
    """Return whether the process ends before the deadline; a zombie has ended."""
    deadline_s = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline_s:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.02)
    return False


def test_pty_carries_all_byte_values(program: Compile, start: Start) -> None:
    board = start(program("echo", QUIET=1))
    assert board.first_line.startswith("pty /dev/")
    assert board.first_line.endswith(" timing_model=m7-1")
    data = bytes(range(256)) * 40
    with open_port(board.port) as port:
        assert exchange(port, data) == data


def test_pty_can_be_closed_and_opened_again(program: Compile, start: Start) -> None:
    board = start(program("echo", QUIET=1))
    for text in (b"first", b"second"):
        with open_port(board.port) as port:
            assert exchange(port, text) == text


def test_tcp_carries_all_byte_values_and_turns_a_second_client_away(program: Compile, start: Start) -> None:
    board = start(program("echo", QUIET=1), "--tcp", "0")
    assert board.first_line.startswith("tcp socket://127.0.0.1:")
    address = urlsplit(board.port)
    assert address.port
    data = bytes(range(256)) * 4
    for _ in range(2):
        with open_port(board.port) as port:
            assert exchange(port, data) == data
            with socket.create_connection(("127.0.0.1", address.port), DEADLINE_S) as second:
                assert second.recv(1) == b""
            assert exchange(port, data) == data


def test_tcp_port_in_use(program: Compile, start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        board = start(program("echo"), "--tcp", str(taken.getsockname()[1]))
        assert board.process.wait(DEADLINE_S) == 3
        assert "give another --tcp port" in board.log


def test_link_points_to_the_pty_and_goes_away(program: Compile, start: Start, tmp_path: Path) -> None:
    link = tmp_path / "board"
    link.symlink_to("/dev/null")  # left behind by a board that was killed
    board = start(program("echo"), "--link", str(link))
    assert str(link.readlink()) == board.port
    assert board.end() == 0
    assert not link.is_symlink()


def test_link_does_not_replace_a_file(program: Compile, start: Start, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine")
    board = start(program("echo"), "--link", str(tmp_path / "notes"))
    assert board.process.wait(DEADLINE_S) == 2
    assert (tmp_path / "notes").read_text() == "mine"


@pytest.mark.parametrize("name", ["echo", "sums"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_a_board_that_waits_or_computes(
    program: Compile, start: Start, name: str, number: signal.Signals
) -> None:
    board = start(program(name))
    assert board.end(number) == 0
    assert board.log == ""


def test_board_ends_with_its_parent(program: Compile) -> None:
    script = (
        "import os, subprocess, sys\n"
        f"command = {[*COMMAND, 'stm32f746', '--firmware', str(program('echo'))]!r}\n"
        "child = subprocess.Popen([*command, '--parent-pid', str(os.getpid())], stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        "print(child.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    assert wait_gone(pid)


def test_sigusr1_pulls_the_reset_pin(program: Compile, start: Start) -> None:
    board = start(program("reset"))
    with open_port(board.port) as port:
        port.write(b"r")  # the program resets itself, and then says that it did
        for flags in (b"14000000", b"04000000"):
            while (line := port.readline().strip()) and line != flags:
                pass
            assert line == flags  # software and pin; pin
            port.read(18)
            board.process.send_signal(signal.SIGUSR1)


def test_real_time_is_never_overtaken(program: Compile, start: Start) -> None:
    board = start(program("sums"), "--real-time", "--seconds", "0.3", "-v")
    assert board.process.wait(DEADLINE_S) == 0
    virtual_s, real_s = (float(board.log.split()[place]) for place in (-7, -3))
    assert 0.3 <= virtual_s <= real_s + 0.003


def test_seconds_ends_the_run(program: Compile, start: Start) -> None:
    board = start(program("sums"), "--seconds", "0.05", "-v")
    assert board.process.wait(DEADLINE_S) == 0
    assert "virtual seconds in" in board.log


def test_strict_mode_exits_with_1(program: Compile, start: Start) -> None:
    board = start(program("mistakes", MISTAKE="unmodelled"), "--strict")
    assert board.process.wait(DEADLINE_S) == 1
    assert board.log.count("\n") == 1
    assert "TIM2" in board.log


def test_die_fault_takes_the_port_away(program: Compile, start: Start) -> None:
    board = start(program("echo"), "--fault", "die:after=100")
    with open_port(board.port) as port:
        port.write(bytes(200))
        board.process.wait(DEADLINE_S)
        with pytest.raises(serial.SerialException):
            for _ in range(1000):
                port.read(1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["stm32f999", "--firmware", "x.elf"], "no virtual chip 'stm32f999'; there is stm32f746"),
        (["stm32f746"], "expected --firmware ELF"),
        (["cortex-m0", "--probe", "x"], "a bare core, whose image is fixed"),
        (["stm32f746", "--probe", "x", "--uid", "7669727475616c"], "has 24 hex digits and begins with 7669727475616c"),
        (["nrf52840", "--probe", "x", "--uid", "0011223344556677"], "begins with 7669727475616c"),
        (["nrf52840", "--probe", "x", "--uid", "me"], "unique id me: that of a virtual nrf52840 has 16 hex digits"),
        (["nrf52840", "--probe", "x" * 108], "but that of a socket has 107 at most"),
        (["nrf52840", "--probe", __file__], "something else of this name"),
        (["nrf52840", "--probe", "/no/such/folder/x"], "cannot make this socket: No such file"),
        (["stm32f746", "--firmware", "absent.elf"], "absent.elf: cannot be read"),
        (["stm32f746", "--firmware", "absent.elf", "--fault", "magic"], "unknown fault 'magic'"),
        (["stm32f746", "--firmware", "absent.elf", "--tcp", "99999"], "99999"),
        (["stm32f746", "--firmware", "absent.elf", "--tcp", "0", "--link", "x"], "--link"),
    ],
)
def test_bad_arguments_get_one_line_and_exit_code_2(arguments: list[str], message: str) -> None:
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=DEADLINE_S, check=False)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
