"""A rig of boards that are programs of this PC, each behind a link of its own, with a unique id of its own."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from faulty_line import FaultyLine, by_line

from mcubench.boards import ChildBoard
from mcubench.protocol.text import add_trailer, split_trailer

__all__ = ["RigOfPcs"]


class RigOfPcs:
    """Boards `n-1`, `n-2` ... of kind native, in a rig file; test doubles for boards on a shelf.

    They say that they count cycles, because PCs, which count time, are measured one after the other.
    """

    def __init__(self, program: Path, folder: Path, count: int) -> None:
        self.file = folder / "rig.toml"
        self._program = program
        self._folder = folder
        self._cables: dict[str, ExitStack] = {}
        self.names = [f"n-{number}" for number in range(1, count + 1)]
        self.file.write_text(
            "".join(
                f'[[boards]]\nname = "{name}"\nboard = "native"\nid = "{self.uid(name)}"\nserial = "{name}.tty"\n\n'
                for name in self.names
            )
        )
        assert len(tomllib.loads(self.file.read_text())["boards"]) == count

    @staticmethod
    def uid(name: str) -> str:
        """Return the id that a board has in the rig file."""
        return f"00ff00ff{int(name.partition('-')[2]):08x}"

    def plug_in(self, name: str, change: Callable[[str], str] = str) -> None:
        """Start a board; `change` is done to the lines that it sends."""

        def rewrite(line: str) -> bytes:
            text, seq = split_trailer(line) or (line, None)
            text = re.sub(r"\buid=\w+", f"uid={self.uid(name)}", text).replace("counts_time=1", "counts_time=0")
            text = change(text)
            return (text if seq is None else add_trailer(text, seq)).encode() + b"\n"

        with ExitStack() as stack:
            board = stack.enter_context(ChildBoard(name, [str(self._program)]))
            line = stack.enter_context(FaultyLine(board.port, by_line(rewrite), bytes))
            link = self._folder / f"{name}.tty"
            link.symlink_to(line.port)
            # Before the line goes: else it would lead to whatever terminal is made next, another test's board perhaps.
            stack.callback(link.unlink)
            self._cables[name] = stack.pop_all()

    def unplug(self, name: str) -> None:
        """End a board for good."""
        self._cables.pop(name).close()

    def __enter__(self) -> RigOfPcs:
        for name in self.names:
            self.plug_in(name)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in list(self._cables):
            self.unplug(name)
