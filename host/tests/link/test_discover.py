from __future__ import annotations

import pytest
from serial.tools.list_ports_common import ListPortInfo

from mcubench.link import attached_ports, discover


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
