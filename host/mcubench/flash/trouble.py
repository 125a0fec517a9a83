"""What a failed upload said, in one line."""

from __future__ import annotations

import re

__all__ = ["last_trouble"]

# What PlatformIO and SCons print around the message of the tool that failed.
FRAME = re.compile(
    r"^(?:=|\*\*\* |-{3}|Verbose mode |Processing |CURRENT: |CONFIGURATION: |AVAILABLE: |Configuring upload "
    r"|Looking for|Environment +Status|\S+ +(?:FAILED|SUCCESS) )"
)
TROUBLE = re.compile(
    r"error|fail|cannot|can't|could not|unable|refused|denied|no such|not found|unknown|went away", re.IGNORECASE
)
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def last_trouble(printed: str) -> str:
    """Return the last line that tells what went wrong, else the last that tells anything."""
    lines = [COLOURS.sub("", line).strip() for line in printed.splitlines()]
    told = [line for line in lines if line and not FRAME.match(line)]
    worst = [line for line in told if TROUBLE.search(line)]
    return (worst or told or ["it printed nothing"])[-1].removeprefix("upload: ")
