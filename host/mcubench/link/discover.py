"""Serial ports attached to this machine, and the board that probably sits behind each."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from serial.tools import list_ports

__all__ = [
    "USB_BOARDS",
    "AttachedPort",
    "PortPlace",
    "attached_ports",
    "find_port",
    "is_stale_link",
    "probable_board",
    "remember_port",
]

# USB vendor and product ids, as the Linux list usb.ids (2025.07.26) has them: 0483 STMicroelectronics, 1366 SEGGER, and
# the bridges on ESP32 development kits, 10c4 Silicon Labs, 1a86 WCH, 0403 FTDI. It lacks 1366:0105, 1366:1051 and
# 1a86:55d4, which are from memory. An id names the probe or the bridge, so the board is a guess.
USB_BOARDS: dict[tuple[int, int], str] = {
    (0x0483, 0x374B): "ST-LINK/V2-1 (STM32F746G-DISCO, Nucleo)",
    (0x0483, 0x3752): "ST-LINK/V2-1 (STM32F746G-DISCO, Nucleo)",
    (0x0483, 0x374E): "STLINK-V3",
    (0x0483, 0x374F): "STLINK-V3",
    (0x1366, 0x0105): "J-Link on board (nRF52840-DK)",
    (0x1366, 0x1015): "J-Link on board (nRF52840-DK)",
    (0x1366, 0x1051): "J-Link on board (nRF52840-DK)",
    (0x10C4, 0xEA60): "CP210x (ESP32 DevKit)",
    (0x1A86, 0x7523): "CH340 (ESP32 DevKit clones)",
    (0x1A86, 0x55D4): "CH9102 (ESP32 DevKit)",
    (0x0403, 0x6010): "FT2232 (ESP32 ESP-WROVER-KIT)",
    (0x0403, 0x6015): "FT-X (ESP32 boards)",
}

PTY_FOLDER = Path("/dev/pts")
# Who makes a terminal and a link to it may still set the terminal's owner and mode a moment later.
LINK_SLACK_NS = 100_000_000


@dataclass(frozen=True)
class AttachedPort:
    """A serial port of this machine; `usb_id` is `vvvv:pppp` or None when it is no USB device.

    `location` is the plug it is in; behind a colon stands which of several ports of one device it is.
    """

    name: str
    description: str
    usb_id: str | None
    serial_number: str | None
    probable_board: str | None
    location: str | None = None


@dataclass(frozen=True)
class PortPlace:
    """What finds a port again after it was unplugged: the name it was given, and the USB device behind it, if any.

    `pty` tells a pseudo terminal from the next one of the same name, None if the name is not that of one.
    """

    name: str
    device: AttachedPort | None
    pty: tuple[int, int] | None = None


def attached_ports() -> list[AttachedPort]:
    """Return the serial ports of this machine, those with a known board first."""
    ports = [
        AttachedPort(
            name=port.device,
            description=port.description or "",
            usb_id=None if port.vid is None else f"{port.vid:04x}:{port.pid:04x}",
            serial_number=port.serial_number,
            probable_board=probable_board(port.vid, port.pid),
            location=port.location,
        )
        for port in list_ports.comports()
    ]
    return sorted(ports, key=lambda port: (port.probable_board is None, port.usb_id is None, port.name))


def probable_board(vendor_id: int | None, product_id: int | None) -> str | None:
    """Name the probe and board behind a USB id, or None when it is not one of the known."""
    if vendor_id is None or product_id is None:
        return None
    return USB_BOARDS.get((vendor_id, product_id))


def remember_port(name: str, ports: Sequence[AttachedPort]) -> PortPlace:
    """Return what finds the port `name` again; a link to a device (/dev/serial/by-id/...) counts as the device."""
    real = os.path.realpath(name)
    found = (port for port in ports if port.usb_id is not None and os.path.realpath(port.name) == real)
    return PortPlace(name, next(found, None), _pty_identity(name))


def find_port(place: PortPlace, ports: Sequence[AttachedPort]) -> str | None:
    """Return under which name the port is there now, or None if its USB device or pseudo terminal is not.

    One with a serial number is known by that, wherever it was plugged in; one without by its plug.
    """
    device = place.device
    if device is None:
        same_pty = _pty_identity(place.name) == place.pty and not is_stale_link(place.name)
        return place.name if same_pty else None
    same = [port for port in ports if (port.usb_id, port.serial_number) == (device.usb_id, device.serial_number)]
    here = [port for port in same if port.location == device.location]
    if device.serial_number and not here:
        here = [port for port in same if _interface(port) == _interface(device)]
    return here[0].name if len(here) == 1 else None


def is_stale_link(name: str) -> bool:
    """Tell whether a link leads to a pseudo terminal that is younger than itself, so to another than it was made for.

    A program that was killed leaves its link behind, and the name it leads to is given to somebody else's terminal.
    """
    link = Path(name)
    try:
        if not link.is_symlink() or link.resolve().parent != PTY_FOLDER:
            return False
        return link.stat().st_ctime_ns > link.lstat().st_ctime_ns + LINK_SLACK_NS
    except (OSError, RuntimeError):  # it leads nowhere, or in a circle
        return False


def _pty_identity(name: str) -> tuple[int, int] | None:
    """Return what no other pseudo terminal has, None for other ports; of a link, what it leads to may change.

    Names, and with them inodes, are given anew as soon as a terminal is gone. Linux sets the time of the inode's last
    change when it makes the terminal; neither bytes nor rates change it.
    """
    path = Path(name)
    if path.parent != PTY_FOLDER or path.is_symlink():
        return None
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_ctime_ns


def _interface(port: AttachedPort) -> str:
    return (port.location or "").partition(":")[2]
