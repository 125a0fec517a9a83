"""`mcubench rig up`: the virtual boards of a rig file, one process each."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click

from mcubench.cli.on_rig import rig_option
from mcubench.cli.stop import StopSignals
from mcubench.deadline import Deadline
from mcubench.errors import InputError, RigError
from mcubench.rig import RigBoard, load_rig, path_beside_file
from mcubench.virtual.faults import parse_fault

__all__ = ["command"]

# The first start on a machine compiles the virtual board's native hook, and all boards start at once.
_START_S = 180.0
_END_S = 5.0
# How often signals and the end of the parent are looked at.
_LOOK_S = 0.2


class _Running:
    """A board that was started; what it writes to stderr is kept."""

    def __init__(self, board: RigBoard, command: Sequence[str]) -> None:
        self.board = board
        self.port = ""  # until it is up
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
        # In a session of its own: Ctrl-C is for us, and we end the boards.
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._log, start_new_session=True
        )
        assert self.process.stdout is not None
        self.output = self.process.stdout

    def last_words(self) -> str:
        """Return the last line that it wrote to stderr, for the end of a message."""
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").strip().splitlines()
        return f"; it said: {lines[-1].removeprefix('mcubench: ')}" if lines else ""

    def end(self) -> None:
        """Wait for its end, which it was asked for, and see to it."""
        try:
            self.process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.tidy()
        self.output.close()
        self._log.close()

    def tidy(self) -> None:
        """Remove what a board that was killed leaves behind: the name of its pty soon is that of another one."""
        socket, link = _paths(self.board)
        if link.is_symlink() and str(link.readlink()) == self.port:
            link.unlink()
            socket.unlink(missing_ok=True)


@click.command("up")
@click.argument("names", nargs=-1)
@rig_option
@click.option(
    "--firmware", "images", multiple=True, metavar="BOARD=ELF", help="What boards of a kind start with, not erased."
)
@click.option("--fault", "faults", multiple=True, metavar="NAME=SPEC", help="Let one board misbehave.")
@click.option("--parent-pid", type=click.IntRange(min=1), help="End when this process has ended.")
def command(
    names: tuple[str, ...],
    rig_file: Path | None,
    images: tuple[str, ...],
    faults: tuple[str, ...],
    parent_pid: int | None,
) -> None:
    """Run the virtual boards of the rig file, all or those that NAMES say, until Ctrl-C or SIGTERM.

    Their flash is erased, until 'mcubench flash' or 'pio run -t upload' loads firmware. The last line of output,
    'up: 8 boards', comes when all are up. A board that ends by itself is told, and not started again.
    """
    boards = _virtual_boards(names, rig_file)
    commands = {board.name: _command(board) for board in boards}
    for kind, elf in _pairs("--firmware", images, "BOARD=ELF", {board.board for board in boards}):
        for board in boards:
            commands[board.name] += ["--firmware", elf] if board.board == kind else []
    for name, spec in _pairs("--fault", faults, "NAME=SPEC", set(commands)):
        parse_fault(spec)
        commands[name] += ["--fault", spec]
    stops = StopSignals(parent_pid)
    running: list[_Running] = []
    try:
        running += [_Running(board, commands[board.name]) for board in boards]
        if _all_up(running, stops):
            print(f"up: {len(running)} board{'s' * (len(running) != 1)}", flush=True)
            _watch(running, stops)
    finally:
        for each in running:
            each.process.terminate()
        for each in running:
            each.end()


def _virtual_boards(names: Sequence[str], rig_file: Path | None) -> list[RigBoard]:
    rig = load_rig(rig_file)
    boards = [board for board in rig.select(names) if board.is_virtual]
    if not boards:
        raise InputError(f'{rig.path}: no virtual board among those asked for; theirs is runner = "virtual"')
    for board in boards:
        if not board.probe_id or not board.serial or "://" in board.serial:
            raise InputError(
                f"{rig.path}: {board.name}: a virtual board needs serial, the path of a link to its port, "
                "and probe_id, the path of its probe's socket"
            )
    return boards


def _pairs(option: str, texts: Sequence[str], form: str, known: set[str]) -> list[tuple[str, str]]:
    pairs = [(before, after) for before, _, after in (text.partition("=") for text in texts)]
    for before, after in pairs:
        if before not in known or not after:
            raise InputError(f"{option} {before}={after}: expected {form} with one of {', '.join(sorted(known))}")
    return pairs


def _paths(board: RigBoard) -> tuple[Path, Path]:
    """Return the socket of a board's probe and the link to its pty."""
    assert board.probe_id and board.serial  # _virtual_boards has seen to it
    return Path(path_beside_file(board, board.probe_id)), Path(path_beside_file(board, board.serial))


def _command(board: RigBoard) -> list[str]:
    socket, link = _paths(board)
    for path in (socket, link):
        path.parent.mkdir(parents=True, exist_ok=True)
    return [
        *(sys.executable, "-m", "mcubench", "virtual", board.board),
        *("--probe", str(socket), "--link", str(link), "--parent-pid", str(os.getpid())),
        *(["--uid", board.id] if board.id else []),
    ]


def _all_up(running: Sequence[_Running], stops: StopSignals) -> bool:
    """Print the first line of each board; return whether all came before somebody ended us. RigError if one ended."""
    deadline = Deadline.after(_START_S)
    waiting = {each.output: each for each in running}
    while waiting and not stops.stopped():
        if deadline.expired:
            names = ", ".join(each.board.name for each in waiting.values())
            raise RigError(f"{names}: did not start within {_START_S:g} s")
        for stream in select.select(list(waiting), [], [], _LOOK_S)[0]:
            each = waiting.pop(stream)
            line = stream.readline().decode(errors="replace").strip()
            if not line.startswith("pty "):
                with contextlib.suppress(subprocess.TimeoutExpired):
                    each.process.wait(_END_S)
                raise RigError(f"{each.board.name}: does not start{each.last_words()}")
            each.port = line.split()[1]
            print(f"{each.board.name}: {each.board.board} at {each.port}, pid {each.process.pid}", flush=True)
    return not waiting


def _watch(running: Sequence[_Running], stops: StopSignals) -> None:
    """Tell of boards that end; return when somebody ends us, RigError when there is no board left."""
    alive = list(running)
    while not stops.stopped():
        for each in list(alive):
            if each.process.poll() is not None:
                alive.remove(each)
                each.tidy()
                ended = f"{each.board.name}: ended by itself with exit code {each.process.returncode}"
                print(f"mcubench: {ended}{each.last_words()}", file=sys.stderr, flush=True)
        if not alive:
            raise RigError("no board is left")
        select.select([], [], [], _LOOK_S)
