"""A board behind pyserial's own RFC 2217 server."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from server_processes import ServerProcess, free_port

from mcubench.boards import ChildBoard
from mcubench.link import Link
from mcubench.protocol import Board

PROGRAM = Path(__file__).parent / "pyserial_server.py"
Start = Callable[..., "subprocess.Popen[str]"]
Wait = Callable[["subprocess.Popen[str]"], dict[str, Any]]


@pytest.fixture
def far_port(native_board: ChildBoard, tmp_path: Path) -> Iterator[str]:
    """The address of this PC as a board, behind pyserial's server."""
    port = free_port()
    with ServerProcess([sys.executable, str(PROGRAM), native_board.port, str(port)], port, tmp_path):
        yield f"rfc2217://127.0.0.1:{port}"


def test_outputs_of_a_far_board_are_exact(far_port: str, start_sweep: Start, record_of: Wait) -> None:
    record = record_of(start_sweep("--port", far_port, "--vectors", "50"))
    assert (record["status"], record["bit_exact"], record["vectors"]) == ("ok", True, 50)
    assert (record["attempts"], record["retransmits"]) == (1, 0)


def test_the_rate_and_the_modem_lines_are_set_and_the_next_client_is_let_in(far_port: str) -> None:
    for baud in (115_200, 1_000_000):
        with Link(far_port, baud) as link:
            link.set_baud(230_400)
            assert link.pulse_reset()
            assert Board(link).connect().board == "native"
