"""Firmware onto boards with PlatformIO: built once, uploaded to each board's own probe, skipped where it is already."""

from __future__ import annotations

__all__: list[str] = []
