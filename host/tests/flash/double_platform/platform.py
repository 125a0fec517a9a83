"""PlatformIO asks for the class with the platform's name; the double has nothing to add."""

from __future__ import annotations

from platformio.platform.base import PlatformBase

__all__ = ["Espressif32Platform", "Ststm32Platform"]


class Ststm32Platform(PlatformBase):
    """Test double of platformio/ststm32."""


class Espressif32Platform(PlatformBase):
    """Test double of platformio/espressif32."""

    def get_package_version(self, name: str) -> str:
        """Return a version of any package, ESP-IDF among them, which is part of the build id."""
        return f"double-of-{name}"
