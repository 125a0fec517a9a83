"""PlatformIO asks for this class; the double has nothing to add."""

from __future__ import annotations

from platformio.platform.base import PlatformBase

__all__ = ["Ststm32Platform"]


class Ststm32Platform(PlatformBase):
    """Test double of platformio/ststm32."""
