"""What is known of an installed package: its version, and the platform that its binaries were built for."""

from __future__ import annotations

from importlib.metadata import distribution

__all__ = ["wheel_tag", "wheel_version"]


def wheel_version(package: str) -> str:
    """Return the installed version."""
    return distribution(package).version


def wheel_tag(package: str) -> str:
    """Return the wheel's compatibility tag, e.g. `cp311-cp311-manylinux_2_28_x86_64`; the compiler's flags are unknown.

    Source: the file WHEEL of the installed package, PEP 427.
    """
    lines = (distribution(package).read_text("WHEEL") or "").splitlines()
    tags = [line.removeprefix("Tag:").strip() for line in lines if line.startswith("Tag:")]
    return tags[0] if tags else "unknown"
