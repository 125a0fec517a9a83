"""How `pytest -n` shares out tests when there are boards of a rig: all of a board's in one process."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

from mcubench.pytest_plugin.ending import interrupt_on_sigterm

__all__ = ["BoardScheduling"]


class BoardScheduling(LoadFileScheduling):  # type: ignore[misc]
    """One group of tests for each board; every file of other tests is one too, as with --dist loadfile.

    Not with --dist loadgroup: it writes groups into ids by way of an attribute that pytest 9.2 does not read any more.
    """

    def __init__(self, config: pytest.Config, log: Any, boards: Sequence[str]) -> None:
        super().__init__(config, log)
        # If one board's name is the end of another's, the tests of both make one group: the shorter one is found.
        self._boards = sorted(boards, key=len)
        interrupt_on_sigterm(self._end_workers)

    def _split_scope(self, nodeid: str) -> str:
        """Return the group of a test: the board that its id ends with, else its file."""
        for board in self._boards:
            if nodeid.endswith((f"[{board}]", f"-{board}]")):
                return f"board {board}"
        file: str = super()._split_scope(nodeid)
        return file

    def _end_workers(self) -> None:
        """Interrupt all processes on this machine that have tests; others end when their connection does."""
        for node in self.nodes:
            if node.gateway.spec.popen:
                node.gateway._io.popen.send_signal(signal.SIGTERM)  # execnet has no public way to it
