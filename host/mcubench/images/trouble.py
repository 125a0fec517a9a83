"""What a failed build said, in one line."""

from __future__ import annotations

import re
from pathlib import Path

from mcubench.boards import KnownBoard
from mcubench.errors import InputError, McubenchError, NoImageError, RigError

__all__ = ["build_trouble"]

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
    last = found[1] if found else (text.strip().splitlines() or ["it printed nothing"])[-1]
    hint = "; run 'make setup'" if "platformio" in last.lower() or "tool-scons" in text else ""
    return RigError(f"building {board.name} with {models} failed: {last.strip()}{hint}; see {log}")


def _overflow(board: KnownBoard, region: str, extra_bytes: int) -> str:
    if region == FLASH and board.flash_bytes:
        needed = board.flash_bytes + extra_bytes
        return f"needs {needed} bytes of flash, the board has {board.flash_bytes}: {extra_bytes} bytes too few"
    return f"needs {extra_bytes} bytes more than the board has in {region}"
