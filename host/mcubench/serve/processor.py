"""What the host's processor is called."""

from __future__ import annotations

import platform
import re
from pathlib import Path

__all__ = ["processor_name", "shorten"]

# Marks, the nominal rate, and words that say nothing. firmware/native/cpu.c does the same.
_FILLERS = re.compile(r"\(\S*|@.*|(?<!\S)(CPU|Processor|\S+-Core)(?!\S)")
LONGEST_NAME = 63


def processor_name() -> str:
    """Return e.g. "Intel Core i7-1185G7": the kernel's name of it, or that of its architecture if there is none."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    found = re.search(r"^model name\s*:(.*)", text, re.MULTILINE)
    return shorten(found[1]) if found else platform.machine()


def shorten(model_name: str) -> str:
    """Return a processor's model name without what says nothing."""
    return " ".join(_FILLERS.sub("", model_name).split())[:LONGEST_NAME] or platform.machine()
