"""How a USB serial port is named for good: by the device behind it, else by its plug, else as the system calls it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from mcubench.link import AttachedPort

__all__ = ["SERIAL_LINKS", "Device", "device_of", "guess_runner", "probe_id_of", "same_probe", "stable_name"]

# Where udev makes links to serial ports, in folders `by-id` and `by-path`.
SERIAL_LINKS = Path("/dev/serial")
# PlatformIO's upload protocol for the vendor id of a probe that sits on a board. Bridges only pass bytes on.
PROBE_RUNNERS = {"0483": "stlink", "1366": "jlink"}
# The boards whose ROM loads firmware over the serial line itself.
SERIAL_LOADERS = {"esp32": "esptool"}

Device = tuple[str | None, str | None, str]


def device_of(port: AttachedPort) -> Device:
    """Return what ports of one USB device have in common, and no other port."""
    return port.usb_id, port.serial_number, (port.location or port.name).partition(":")[0]


def probe_id_of(port: AttachedPort, ports: Sequence[AttachedPort]) -> str | None:
    """Return the USB serial number if it is that of one device; makers of cheap bridges give all of them the same."""
    same = {device_of(each) for each in ports if each.serial_number == port.serial_number}
    return port.serial_number if port.serial_number and len(same) == 1 else None


def same_probe(first: str | None, second: str | None) -> bool:
    """Tell whether two USB serial numbers are one, as people copy them: tools of J-Links leave zeros out before it."""
    return first is not None and second is not None and _bare(first) == _bare(second)


def stable_name(port: AttachedPort, ports: Sequence[AttachedPort], links: Path = SERIAL_LINKS) -> str:
    """Return a name of the port that it keeps when others are plugged in, if the system has one."""
    folders = ["by-id"] if probe_id_of(port, ports) else []
    for folder in (*folders, "by-path"):
        for link in sorted((links / folder).glob("*")):
            if os.path.realpath(link) == os.path.realpath(port.name):
                return str(link)
    return port.name


def guess_runner(port: AttachedPort, board: str) -> str | None:
    """Return the upload protocol of a board behind this port, None if it may be any."""
    vendor = (port.usb_id or "").partition(":")[0]
    return SERIAL_LOADERS.get(board) or PROBE_RUNNERS.get(vendor)


def _bare(serial_number: str) -> str:
    return serial_number.lstrip("0").lower()
