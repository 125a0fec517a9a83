"""What tells this machine from others."""

from __future__ import annotations

import platform
import zlib
from pathlib import Path

__all__ = ["machine_uid"]


def machine_uid() -> str:
    """Return 8 bytes as hex: ASCII "pc" and six digits, the same that the native board answers on this machine.

    It is a hash, because machine-id(5) is not to be shown to others. In a machine without one its name must do.
    """
    try:
        machine_id = Path("/etc/machine-id").read_bytes()[:32]
    except OSError:
        machine_id = b""
    return f"pc{zlib.crc32(machine_id or platform.node().encode()[:32]) & 0xFFFFFF:06x}".encode().hex()
