"""How far the flashing of each board is: live in a terminal, a line for every step elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from mcubench.flash import BoardFlashed
from mcubench.rig import RigBoard

__all__ = ["FlashProgress"]


class FlashProgress:
    """Shows on stderr what is being done with every board; may be told from several threads."""

    def __init__(self, boards: Sequence[RigBoard]) -> None:
        self._console = Console(stderr=True)
        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
        self._progress = Progress(*columns, console=self._console, transient=True)
        self._tasks = {
            board.name: self._progress.add_task(f"{board.name}: waiting", start=False, total=1) for board in boards
        }

    def __enter__(self) -> FlashProgress:
        if self._console.is_interactive:
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._console.is_interactive:  # else it would print an empty line
            self._progress.stop()

    def tell(self, board: RigBoard, doing: str) -> None:
        """Show what is being done with a board."""
        task = self._tasks[board.name]
        self._progress.start_task(task)
        self._progress.update(task, description=f"{board.name}: {doing}")
        if not self._console.is_interactive:
            self._print(f"{board.name}: {doing}")

    def end(self, result: BoardFlashed) -> None:
        """Leave a line with what became of a board."""
        name, outcome = result.board.name, result.outcome
        self._progress.update(self._tasks[name], visible=False)
        if outcome:
            self._print(f"{name}: {outcome.action} in {outcome.took_s:.1f} s")
        else:
            self._print(f"{name}: not flashed: {str(result.error).removeprefix(f'{name}: ')}")

    def _print(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)
