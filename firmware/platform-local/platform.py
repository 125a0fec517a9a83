"""PlatformIO asks for this class; a platform without packages has nothing to add."""

from __future__ import annotations

from platformio.platform.base import PlatformBase

__all__ = ["McubenchlocalPlatform"]


class McubenchlocalPlatform(PlatformBase):
    """Boards of this folder, compiled with the toolchain found on PATH."""
