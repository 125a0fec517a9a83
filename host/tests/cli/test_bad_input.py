"""Everything a person may get wrong: one line on stderr, exit code 2, never a traceback."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from talking_pty import talking_pty

from mcubench.link import Link

Run = Callable[..., subprocess.CompletedProcess[str]]


def check(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.startswith("mcubench: ")
    for word in words:
        assert word in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


BOARD = ("--board", "native:PROGRAM")
INT8 = ("--model", "mnist-int8")
CASES = {
    "no board": (INT8, "name a board"),
    "a port twice": (("--port", "x", "--port", "x", *INT8), "a port was named twice"),
    "unknown board": (("--board", "arduino", *INT8), "no board 'arduino'"),
    "unknown chip": (("--board", "virtual:z80", *INT8), "no virtual chip 'z80'"),
    "unknown program": (("--board", "native:/nosuch", *INT8), "there is no program '/nosuch'"),
    "no firmware": (("--board", "virtual:stm32f746?engine=xcubeai", *INT8), "xcubeai-local"),
    "no model": (BOARD, "--model"),
    "unknown model": ((*BOARD, "--model", "resnet"), "no model 'resnet'"),
    "ambiguous model": ((*BOARD, "--model", "mnist"), "may be mnist-float32 or mnist-int8"),
    "empty model": ((*BOARD, "--model", "int8,"), "an empty name"),
    "no models folder": ((*BOARD, *INT8, "--models", "/nosuch"), "/nosuch"),
    "unknown clock": ((*BOARD, *INT8, "--clock", "123"), "no clock '123' on this board; there are 1000, 100"),
    "overclocked": ((*BOARD, *INT8, "--clock", "2000"), "--overclock"),
    "too many vectors": ((*BOARD, *INT8, "--vectors", "99999"), "99999 vectors were asked for"),
    "no vectors": ((*BOARD, *INT8, "--vectors", "0"), "--vectors"),
    "too many samples": ((*BOARD, *INT8, "--samples", "1001"), "--samples"),
    "absent port": (("--port", "/dev/nosuch", *INT8), "/dev/nosuch: no such port"),
    "firmware for what is no virtual board": (
        ("--board", "native:PROGRAM", "--firmware", "x.elf", *INT8),
        "--firmware is for one virtual board; none was named",
    ),
    "no port": (("--port", "teapot://x", *INT8), "teapot://x"),
    "unknown option": ((*BOARD, *INT8, "--fast"), "--fast"),
    "unwritable file": ((*BOARD, *INT8, "--clock", "100", "--json", "/proc/x/o.json"), "/proc/x/o.json"),
    "no database": ((*BOARD, *INT8, "--db", "/dev/null/x.db"), "/dev/null/x.db"),
}


@pytest.mark.parametrize(("arguments", "words"), CASES.values(), ids=CASES.keys())
def test_sweep(mcubench: Run, mnist_program: Path, arguments: tuple[str, ...], words: str) -> None:
    check(mcubench("sweep", *(each.replace("PROGRAM", str(mnist_program)) for each in arguments)), words)


def test_a_model_that_is_not_in_the_firmware(mcubench: Run, echo_program: Path) -> None:
    check(mcubench("sweep", "--board", f"native:{echo_program}", *INT8), "not in the board's firmware, which has echo")


def test_a_busy_port(mcubench: Run) -> None:
    with talking_pty(b"") as port, Link(port):
        done = mcubench("sweep", "--port", port, *INT8)
        check(done, f"{port}: the port is busy")
        assert "ESP32" not in done.stderr, "another baud rate does not help"


def test_a_silent_port(mcubench: Run) -> None:
    with talking_pty(b"") as port:
        check(mcubench("sweep", "--port", port, *INT8), f"{port}: no answer within 5 s while saying hello")
        check(mcubench("sweep", "--port", port, *INT8), f"if it is an ESP32 DevKit: --port {port}@921600")


def test_a_port_that_talks_garbage(mcubench: Run) -> None:
    with talking_pty(b"\xff\x00\x01 garbage\n") as port:
        check(mcubench("sweep", "--port", port, *INT8), f"{port}: no mcubench board answers there within 5 s")


def test_show(mcubench: Run, tmp_path: Path) -> None:
    check(mcubench("show"), "no such database")
    (tmp_path / "x.db").write_text("no database " * 100)
    check(mcubench("show", "--db", "x.db"), "x.db: cannot be used as result database")


def test_an_unknown_command(mcubench: Run) -> None:
    check(mcubench("swep"), "swep")
