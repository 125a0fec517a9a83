"""What opening, using and closing a port does to an ESP32 DevKit, whose reset and boot pins hang on RTS and DTR."""

from __future__ import annotations

import fcntl
import os
import struct
import termios
import tty
from collections.abc import Iterator
from typing import Any

import pytest
import serial

from mcubench.link import Link

LINES = {termios.TIOCM_DTR: "DTR", termios.TIOCM_RTS: "RTS"}


class DevKit:
    """A test double of the two transistors between a USB bridge and an ESP32, because a pty has no modem lines.

    Only RTS asserted pulls EN low, which resets; only DTR asserted pulls IO0 low, which then picks the boot loader
    (ESP32-DevKitC V4 schematic, "auto program"). Both or none asserted do nothing.
    """

    def __init__(self, asserted: bool) -> None:
        self.asserted = {"DTR": asserted, "RTS": asserted}
        self.resets = 0
        self.boots: list[str] = []
        self._is_in_reset = False

    def ioctl(self, descriptor: int, request: int, argument: Any = 0, mutate: bool = True) -> Any:
        if request not in (termios.TIOCMBIS, termios.TIOCMBIC):
            return fcntl.ioctl(descriptor, request, argument, mutate)
        (lines,) = struct.unpack("I", argument)
        for bit, name in LINES.items():
            if lines & bit:
                self.asserted[name] = request == termios.TIOCMBIS
        self._look()
        return 0

    def hang_up(self) -> None:
        """Let go of both lines at once, as Linux does at the last close, and its drivers of USB bridges with it."""
        self.asserted = dict.fromkeys(self.asserted, False)
        self._look()

    def _look(self) -> None:
        is_in_reset = self.asserted["RTS"] and not self.asserted["DTR"]
        if self._is_in_reset and not is_in_reset:
            io0_is_low = self.asserted["DTR"] and not self.asserted["RTS"]
            self.boots.append("boot loader" if io0_is_low else "firmware")
        self.resets += is_in_reset and not self._is_in_reset
        self._is_in_reset = is_in_reset


@pytest.fixture
def port() -> Iterator[str]:
    master, slave = os.openpty()
    tty.setraw(slave)
    yield os.ttyname(slave)
    os.close(master)
    os.close(slave)


@pytest.fixture(params=[True, False], ids=["opening has asserted both", "opening has asserted none"])
def devkit(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> DevKit:
    """A DevKit behind every port. Linux asserts both lines in open(), at once; other systems may leave it to us."""
    kit = DevKit(request.param)

    class Fcntl:
        def __getattr__(self, name: str) -> Any:
            return kit.ioctl if name == "ioctl" else getattr(fcntl, name)

    monkeypatch.setattr(serial.serialposix, "fcntl", Fcntl())
    return kit


def test_a_board_does_not_notice_that_its_port_is_opened_and_closed(devkit: DevKit, port: str) -> None:
    for _ in range(2):
        with Link(port, 115_200) as link:
            assert devkit.asserted == {"DTR": True, "RTS": True}
            link.set_baud(921_600)
        devkit.hang_up()
    assert (devkit.resets, devkit.boots) == (0, [])


def test_the_reset_line_resets_once_into_the_firmware(devkit: DevKit, port: str) -> None:
    with Link(port, 115_200) as link:
        assert link.pulse_reset()
        assert devkit.asserted == {"DTR": True, "RTS": True}
    devkit.hang_up()
    assert (devkit.resets, devkit.boots) == (1, ["firmware"])
