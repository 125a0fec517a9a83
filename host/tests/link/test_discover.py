from __future__ import annotations

import os
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from serial.tools.list_ports_common import ListPortInfo

from mcubench.deadline import Deadline
from mcubench.link import AttachedPort, Link, attached_ports, discover, find_port, remember_port
from mcubench.outside import PtyOutside


def port(name: str, vendor_id: int | None = None, product_id: int | None = None) -> ListPortInfo:
    info = ListPortInfo(name)
    info.vid, info.pid = vendor_id, product_id
    return info


def test_known_probes_come_first_with_their_board(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [port("/dev/ttyS0"), port("/dev/ttyUSB7", 0x1234, 0x0001), port("/dev/ttyACM0", 0x0483, 0x374B)]
    monkeypatch.setattr(discover.list_ports, "comports", lambda: found)
    ports = attached_ports()
    assert [each.name for each in ports] == ["/dev/ttyACM0", "/dev/ttyUSB7", "/dev/ttyS0"]
    assert ports[0].usb_id == "0483:374b"
    assert "STM32F746G-DISCO" in (ports[0].probable_board or "")
    assert [each.probable_board for each in ports[1:]] == [None, None]
    assert ports[2].usb_id is None


def test_this_machines_ports_can_be_listed() -> None:
    assert all(each.name for each in attached_ports())


@pytest.mark.parametrize(
    ("usb_id", "board"),
    [
        ((0x1366, 0x1015), "nRF52840-DK"),
        ((0x10C4, 0xEA60), "ESP32"),
        ((0x1A86, 0x7523), "ESP32"),
        ((0x1A86, 0x55D4), "ESP32"),
        ((0x0403, 0x6010), "ESP32"),
        ((0x0403, 0x6015), "ESP32"),
    ],
)
def test_probes_and_bridges_name_the_board_behind_them(usb_id: tuple[int, int], board: str) -> None:
    assert board in (discover.probable_board(*usb_id) or "")


def attached(name: str, serial_number: str | None, location: str, usb_id: str | None = "10c4:ea60") -> AttachedPort:
    return AttachedPort(name, "", usb_id, serial_number, None, location)


A, B = attached("/dev/ttyUSB0", "A", "1-1"), attached("/dev/ttyUSB1", "B", "1-2")
CLONE, OTHER_CLONE = attached("/dev/ttyUSB0", None, "1-1"), attached("/dev/ttyUSB1", None, "1-2")
FIRST, SECOND = attached("/dev/ttyUSB0", "F", "1-1:1.0"), attached("/dev/ttyUSB1", "F", "1-1:1.1")


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ([A, B], [A, B], "/dev/ttyUSB0"),
        ([A, B], [attached("/dev/ttyUSB0", "B", "1-2"), attached("/dev/ttyUSB1", "A", "1-1")], "/dev/ttyUSB1"),
        ([A, B], [B, attached("/dev/ttyUSB2", "A", "3-4.1")], "/dev/ttyUSB2"),
        ([A, B], [B], None),
        ([A], [attached("/dev/ttyUSB0", "B", "1-1")], None),
        ([CLONE, OTHER_CLONE], [attached("/dev/ttyUSB5", None, "1-1"), OTHER_CLONE], "/dev/ttyUSB5"),
        ([CLONE], [attached("/dev/ttyUSB0", None, "1-3")], None),
        ([FIRST, SECOND], [attached("/dev/ttyUSB3", "F", "2-1:1.1"), attached("/dev/ttyUSB2", "F", "2-1:1.0")],
         "/dev/ttyUSB2"),
    ],
    ids=[
        "still there", "names changed places", "another plug", "away", "another board at the name",
        "no serial number, same plug", "no serial number, another plug", "two ports of one device",
    ],
)  # fmt: skip
def test_a_port_is_found_by_its_usb_device_whatever_its_name(
    before: list[AttachedPort], after: list[AttachedPort], found: str | None
) -> None:
    assert find_port(remember_port("/dev/ttyUSB0", before), after) == found


def test_a_link_to_a_device_is_remembered_as_the_device(tmp_path: Path) -> None:
    link = tmp_path / "usb-board"
    link.symlink_to("/dev/ttyUSB0")
    assert remember_port(str(link), [B, A]).device == A


@pytest.mark.parametrize("name", ["/dev/pts/3", "socket://lab:4000", "/dev/ttyS0"])
def test_what_is_no_usb_device_is_known_by_its_name_alone(name: str) -> None:
    plain = attached("/dev/ttyS0", None, "", usb_id=None)
    assert find_port(remember_port(name, [A, plain]), [A, plain]) == name


def test_a_pseudo_terminal_is_known_by_more_than_its_name_which_the_next_one_gets() -> None:
    first, second = os.openpty(), os.openpty()
    try:
        name, other_name = (os.ttyname(slave) for _, slave in (first, second))
        place = remember_port(name, [])
        for baud in (115_200, 2_000_000):
            with Link(name, baud) as link:
                link.write(b"there", Deadline.after(1))
                os.read(first[0], 5)
                os.write(first[0], b"back")
                assert link.read(4, Deadline.after(1))
        assert find_port(place, []) == name
        assert find_port(replace(place, name=other_name), []) is None
    finally:
        for descriptor in (*first, *second):
            os.close(descriptor)
    assert find_port(place, []) is None or not Path(name).exists()


def test_who_makes_a_link_to_a_pseudo_terminal_says_himself_which_it_is(tmp_path: Path) -> None:
    link = tmp_path / "board"
    terminals = [os.openpty(), os.openpty()]
    try:
        link.symlink_to(os.ttyname(terminals[0][1]))
        place = remember_port(str(link), [])
        link.unlink()
        link.symlink_to(os.ttyname(terminals[1][1]))
        assert find_port(place, []) == str(link)
    finally:
        for descriptor in (each for pair in terminals for each in pair):
            os.close(descriptor)


def test_a_link_leads_to_the_terminal_that_took_the_place_of_another(tmp_path: Path) -> None:
    link = tmp_path / "link"
    with closing(PtyOutside(link)):
        place = remember_port(str(link), [])
    assert not link.exists()
    with closing(PtyOutside(link)):
        assert find_port(place, []) == str(link)
