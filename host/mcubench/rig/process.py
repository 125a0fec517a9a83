"""Whether a process that was written down somewhere is still there."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

__all__ = ["process_start"]

# Of the fields of /proc/<pid>/stat behind the name in parentheses: the state, and the time of the start.
STATE_FIELD, START_FIELD = 0, 19
DEAD_STATES = ("Z", "X")
PS_TIMEOUT_S = 5.0


def process_start(pid: int) -> str | None:
    """Return what tells a process from a later one with its number; None if there is none, or only its remains."""
    if not Path("/proc/self/stat").exists():
        return _start_by_ps(pid)
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return None if fields[STATE_FIELD] in DEAD_STATES else f"{fields[START_FIELD]} ticks after boot {boot}"


def _start_by_ps(pid: int) -> str | None:
    """Return the same on a system without /proc."""
    command = ["ps", "-o", "state=,lstart=", "-p", str(pid)]
    environment = os.environ | {"LC_ALL": "C", "TZ": "UTC"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PS_TIMEOUT_S, check=False)
    state, _, start = done.stdout.strip().partition(" ")
    return None if not start or state[0] in DEAD_STATES else start.strip()
