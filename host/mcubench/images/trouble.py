"""What a failed build or upload said, in one line."""

from __future__ import annotations

import re
from pathlib import Path

from mcubench.boards import KnownBoard
from mcubench.errors import InputError, McubenchError, NoImageError, RigError

__all__ = ["build_trouble", "last_trouble"]

# Of firmware/scripts, which end a build with one line.
MODELS_REFUSED = re.compile(r"^embed_models: (.+)$", re.MULTILINE)
SETUP_LACKS = re.compile(r"^(?:library|build_info): (.+)$", re.MULTILINE)
TOOL_MISSING = re.compile(r"did not run: |; run `make setup`$")
# Of `mcubench codegen`, where it is not run by those.
CODEGEN_REFUSED = re.compile(r"^mcubench: (.+)$", re.MULTILINE)
# Of GNU ld, and of compilers.
OVERFLOW = re.compile(r"region `(\w+)' overflowed by (\d+) bytes")
COMPILE_ERROR = re.compile(r"^(.+?: (?:fatal )?error: .+)$", re.MULTILINE)
FLASH = "FLASH"
# What PlatformIO and SCons print around the message of the tool that failed.
FRAME = re.compile(
    r"^(?:=|\*\*\* |-{3}|Verbose mode |Processing |CURRENT: |CONFIGURATION: |AVAILABLE: |Configuring upload "
    r"|Looking for|Environment +Status|\S+ +(?:FAILED|SUCCESS) )"
)
TROUBLE = re.compile(
    r"error|fail|cannot|can't|could not|unable|refused|denied|no such|not found|unknown|went away", re.IGNORECASE
)
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def build_trouble(board: KnownBoard, models: str, log: Path) -> McubenchError:
    """Return the error that says why building an image of `board` with `models` failed, from what was printed."""
    text = log.read_text(encoding="utf-8", errors="replace")
    if found := MODELS_REFUSED.search(text) or CODEGEN_REFUSED.search(text):
        return InputError(found[1]) if TOOL_MISSING.search(found[1]) else NoImageError(found[1])
    if overflows := {region: int(extra) for region, extra in OVERFLOW.findall(text)}:
        missing = ", ".join(_overflow(board, region, extra) for region, extra in overflows.items())
        return NoImageError(f"the image with {models} {missing}")
    if found := SETUP_LACKS.search(text):
        return InputError(found[1])
    found = COMPILE_ERROR.search(text)
    last = found[1] if found else last_trouble(text)
    hint = "; run 'make setup'" if "platformio" in last.lower() or "tool-scons" in text else ""
    return RigError(f"building {board.name} with {models} failed: {last.strip()}{hint}; see {log}")


def last_trouble(printed: str) -> str:
    """Return the last line that tells what went wrong, else the last that tells anything."""
    lines = [COLOURS.sub("", line).strip() for line in printed.splitlines()]
    told = [line for line in lines if line and not FRAME.match(line)]
    worst = [line for line in told if TROUBLE.search(line)]
    return (worst or told or ["it printed nothing"])[-1].removeprefix("upload: ")


def _overflow(board: KnownBoard, region: str, extra_bytes: int) -> str:
    if region == FLASH and board.flash_bytes:
        needed = board.flash_bytes + extra_bytes
        return f"needs {needed} bytes of flash, the board has {board.flash_bytes}: {extra_bytes} bytes too few"
    return f"needs {extra_bytes} bytes more than the board has in {region}"
