"""The mark in a firmware image: which board it is for and which build it is, readable without running it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from mcubench.errors import InputError

__all__ = ["ImageMark", "find_mark", "read_mark"]

# firmware/common/command_info.c, firmware/cortex_m0/main.c
_MARK = re.compile(rb"mcubench-image board=([!-~]+) build=([!-~]+)\0")


@dataclass(frozen=True)
class ImageMark:
    """`board` is what the firmware calls the board in `info`, `build_id` what it calls itself there."""

    board: str
    build_id: str


def find_mark(image: bytes) -> ImageMark | None:
    """Return the mark of an image as it lies in a file (ELF, .bin) or in flash; None if it has none."""
    found = _MARK.search(image)
    return None if found is None else ImageMark(found[1].decode("ascii"), found[2].decode("ascii"))


def read_mark(path: Path) -> ImageMark | None:
    """Return the mark of the image in a file; InputError if the file cannot be read."""
    try:
        return find_mark(path.read_bytes())
    except OSError as exc:
        raise InputError(f"{path}: cannot be read ({exc.strerror}); give a firmware image") from exc
