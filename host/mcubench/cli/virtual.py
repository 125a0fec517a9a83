"""`mcubench virtual`: a virtual board on a pty or a TCP port."""

from __future__ import annotations

import logging
import os
import signal
import time
from contextlib import ExitStack, closing
from pathlib import Path

import click

from mcubench.cli.stop import StopSignals
from mcubench.cli.virtual_core import run_core
from mcubench.errors import InputError
from mcubench.outside import Outside, PtyOutside, TcpOutside
from mcubench.serve import CORE_NAME
from mcubench.virtual.board import VirtualBoard
from mcubench.virtual.chips import CHIPS
from mcubench.virtual.faults import parse_fault
from mcubench.virtual.loader import load_image
from mcubench.virtual.probe import ProbeServer

__all__ = ["command"]


@click.command("virtual")
@click.argument("chip")
@click.option("--firmware", type=click.Path(path_type=Path), help="The ELF file to run [default: erased flash].")
@click.option("--probe", "socket", type=click.Path(path_type=Path), help="Offer a debug probe at this Unix socket.")
@click.option("--uid", metavar="HEX", help="The chip's unique id [default: the same for all of a kind].")
@click.option(
    "--tcp", "tcp_port", type=click.IntRange(0, 65535), help="Offer a TCP port (0: any free one) instead of a pty."
)
@click.option("--link", type=click.Path(path_type=Path), help="Make this a symbolic link to the pty.")
@click.option(
    "--baud",
    type=click.IntRange(min=300),
    help="Rate of the outside in bits/s [default: as the port is set, or as the firmware means].",
)
@click.option(
    "--fault", "faults", multiple=True, metavar="SPEC", help="Misbehave: NAME[:KEY=VALUE,...], see docs/virtual.md."
)
@click.option(
    "--strict", is_flag=True, help="End with exit code 1 where real silicon would not do what the firmware expects."
)
@click.option("--real-time", is_flag=True, help="Never let virtual time run ahead of real time.")
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), help="End after so much virtual time.")
@click.option("--parent-pid", type=click.IntRange(min=1), help="End when this process has ended.")
@click.option("-v", "--verbose", is_flag=True, help="Tell of resets, clocks and line rates on stderr.")
def command(
    chip: str,
    firmware: Path | None,
    socket: Path | None,
    uid: str | None,
    tcp_port: int | None,
    link: Path | None,
    baud: int | None,
    faults: tuple[str, ...],
    strict: bool,
    real_time: bool,
    seconds: float | None,
    parent_pid: int | None,
    verbose: bool,
) -> None:
    """Run firmware on a virtual CHIP; the first line of output names the port to open. SIGUSR1 pulls its reset pin.

    With --probe, firmware can be loaded into the running board: see 'mcubench probe'.
    """
    if chip not in (*CHIPS, CORE_NAME):
        raise InputError(f"no virtual chip '{chip}'; there is {', '.join([*CHIPS, CORE_NAME])}")
    if link is not None and tcp_port is not None:
        raise InputError("--link names a pty; it cannot be used with --tcp")
    if chip == CORE_NAME and (strict or real_time or baud or seconds):
        raise InputError(f"{chip} has no UART: leave --baud, --strict, --real-time and --seconds out")
    if chip == CORE_NAME and (socket or uid):
        raise InputError(f"{chip} is a bare core, whose image is fixed: leave --probe and --uid out")
    if firmware is None and (socket is None or chip == CORE_NAME):
        raise InputError("expected --firmware ELF, what the board runs; or --probe SOCKET, to load it later")
    _log_to_stderr(verbose)
    parsed = [parse_fault(fault) for fault in faults]
    stops = StopSignals(parent_pid)
    if chip == CORE_NAME:
        assert firmware is not None
        run_core(firmware, _outside(link, tcp_port), parsed, stops)
        return
    model = CHIPS[chip].with_uid(uid) if uid is not None else CHIPS[chip]
    image = load_image(firmware) if firmware is not None else None
    with ExitStack() as opened:
        probe = opened.enter_context(closing(ProbeServer(socket))) if socket is not None else None
        outside = opened.enter_context(closing(_outside(link, tcp_port)))
        started_s = time.monotonic()  # the board's time begins while it is made
        board = VirtualBoard(model, image, outside, parsed, baud, strict, real_time)
        signal.signal(signal.SIGUSR1, lambda _number, _frame: board.pull_reset())
        print(f"{outside.name} timing_model={model.core.model_id}", flush=True)
        end_s = float("inf") if seconds is None else seconds
        facts = {
            "chip": chip,
            "uid": model.uid.hex(),
            "pid": os.getpid(),
            "port": outside.name.split()[1],
            "timing_model": model.core.model_id,
        }
        board.run(
            lambda: stops.stopped() or board.now_s >= end_s,
            lambda: probe.attend(board, facts) if probe is not None else None,
        )
        logging.getLogger("mcubench.virtual").info(
            "%d cycles, %.3f virtual seconds in %.3f real ones", board.cycles, board.now_s, time.monotonic() - started_s
        )


def _outside(link: Path | None, tcp_port: int | None) -> Outside:
    return PtyOutside(link) if tcp_port is None else TcpOutside(tcp_port)


def _log_to_stderr(verbose: bool) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("virtual board: %(message)s"))
    logger = logging.getLogger("mcubench.virtual")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO if verbose else logging.WARNING)
