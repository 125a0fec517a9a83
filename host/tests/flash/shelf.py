"""A shelf of virtual boards with erased flash and the rig file that describes them, and a cable that can be cut."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

import pytest

from mcubench.boards import ChildBoard
from mcubench.rig import RigBoard
from mcubench.rig.file import read_rig

__all__ = ["ROOT", "Cable", "Shelf", "image_of", "start_shelf"]

ROOT = Path(__file__).resolve().parents[3]
# A board's unique id begins with the word "virtual", and is as long as that of its chip.
UIDS = {"stm32f746": "7669727475616c{:010x}", "nrf52840": "7669727475616c{:02x}"}
ENTRY = """
[[boards]]
name = "{name}"
board = "{board}"
id = "{uid}"
runner = "virtual"
serial = "{name}.port"
probe_id = "{name}.probe"
"""


@dataclass
class Shelf:
    """The rig file, its boards, and the programs that they are."""

    path: Path
    boards: list[RigBoard]
    programs: list[ChildBoard]


def image_of(board: str) -> Path:
    """Return what `make firmware` built for a virtual board; skip the test if it did not."""
    elf = ROOT / ".pio" / "build" / f"{board}-local" / "firmware.elf"
    if not elf.is_file():
        pytest.skip(f"no {elf.relative_to(ROOT)}: run `make firmware`")
    return elf


def start_shelf(stack: ExitStack, folder: Path, kinds: Sequence[str], firmware: Path | None = None) -> Shelf:
    """Start a virtual board of each kind; all end with `stack`."""
    programs, text = [], ""
    for number, board in enumerate(kinds, 1):
        name, uid = f"v{number}", UIDS[board].format(number)
        command = [sys.executable, "-m", "mcubench", "virtual", board, "--uid", uid]
        command += ["--probe", str(folder / f"{name}.probe"), "--link", str(folder / f"{name}.port")]
        command += ["--firmware", str(firmware)] if firmware else []
        programs.append(stack.enter_context(ChildBoard(name, command)))
        text += ENTRY.format(name=name, board=board, uid=uid)
    path = folder / "rig.toml"
    path.write_text(text)
    return Shelf(path, list(read_rig(path).boards), programs)


class Cable:
    """A cable to a board's probe which is pulled out after so many requests; `board` is the board behind it."""

    def __init__(self, board: RigBoard, probe: Path, requests: int) -> None:
        self._path = probe.with_suffix(".cable")
        self.board = replace(board, probe_id=str(self._path))
        self._probe = probe
        self._requests = requests
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._server.bind(str(self._path))
        self._server.listen()
        self._thread = threading.Thread(target=self._carry, daemon=True)

    def __enter__(self) -> Cable:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pull()
        self._thread.join(10)

    def _pull(self) -> None:
        self._path.unlink(missing_ok=True)
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _carry(self) -> None:
        """Carry one connection after the other, until so many answers have passed."""
        answers = 0
        while answers < self._requests:
            with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
                client, _ = self._server.accept()
                with client:
                    probe.connect(str(self._probe))
                    threading.Thread(target=_copy, args=(client, probe), daemon=True).start()
                    while answers < self._requests and (chunk := probe.recv(65536)):
                        answers += chunk.count(b"\n")
                        client.sendall(chunk)
                    if answers >= self._requests:
                        self._pull()
                    client.shutdown(socket.SHUT_RDWR)  # a thread that reads it would keep it open
            if self._server.fileno() < 0:
                return


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(65536):
            sink.sendall(chunk)
        sink.shutdown(socket.SHUT_WR)
