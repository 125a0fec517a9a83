"""Boards that call themselves what a test wants: real ptys, the real protocol, and no network behind it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from mcubench.outside import PtyOutside
from mcubench.serve import PacedBoard, ScriptedPlatform, run_shelf, scripted_image
from mcubench.serve.scripted import Script

__all__ = ["named_boards"]


@contextmanager
def named_boards(*boards: tuple[str, str], links: Path | None = None) -> Iterator[list[str]]:
    """Yield the paths of ptys at which boards of such (name, id) answer; test doubles for boards on a shelf.

    In the folder `links` a link to each is made, named by its number from 0.
    """
    stopped = threading.Event()
    with ExitStack() as stack:
        served = []
        for number, (name, uid) in enumerate(boards):
            platform = ScriptedPlatform(number, 1)
            platform.name, platform.uid = name, uid  # type: ignore[misc]
            link = links / str(number) if links else None
            outside = stack.enter_context(closing(PtyOutside(link)))
            served.append(PacedBoard(scripted_image(Script((), ()), platform), platform, outside, time.monotonic()))
        thread = threading.Thread(target=run_shelf, args=(served, stopped.is_set))
        thread.start()
        try:
            yield [board.outside.name.removeprefix("pty ") for board in served]
        finally:
            stopped.set()
            thread.join()
