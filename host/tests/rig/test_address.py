from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from mcubench.errors import InputError, UnreachableError
from mcubench.link import AttachedPort, find_port, remember_port
from mcubench.outside import PtyOutside
from mcubench.rig import RigBoard, address_of, find_board_port, probe_socket


def attached(name: str | Path, serial_number: str | None, location: str = "1-1") -> AttachedPort:
    """A test double for what USB says of a port."""
    return AttachedPort(str(name), "", "0483:374b", serial_number, "ST-LINK", location)


def stm(**keys: object) -> RigBoard:
    return RigBoard("stm-1", "stm32f746", **keys)  # type: ignore[arg-type]


def test_an_address_says_who_must_answer_and_at_which_rate(tmp_path: Path) -> None:
    (tmp_path / "port").touch()
    address = address_of(stm(id="aabb", serial=str(tmp_path / "port")), [])
    assert (address.name, address.port, address.baud) == ("stm-1", str(tmp_path / "port"), 1_000_000)
    assert (address.expected_board, address.expected_uid) == ("stm32f746", "aabb")
    assert address_of(RigBoard("e", "esp32", serial="socket://h:1"), []).baud == 921_600
    assert address_of(RigBoard("e", "esp32", serial="socket://h:1", baud=9600), []).baud == 9600


def test_the_probe_finds_the_port_wherever_it_is_plugged_in() -> None:
    board = stm(probe_id="066F", serial="/dev/ttyACM0")
    ports = [attached("/dev/ttyACM0", "OTHER"), attached("/dev/ttyACM7", "066F")]
    assert find_board_port(board, ports) == "/dev/ttyACM7"


def test_the_serial_number_of_a_probe_may_lack_zeros_and_have_small_letters() -> None:
    assert find_board_port(stm(probe_id="683a"), [attached("/dev/ttyACM7", "000683A")]) == "/dev/ttyACM7"


def test_of_several_ports_of_a_probe_serial_names_the_right_one(tmp_path: Path) -> None:
    ports = [attached("/dev/ttyACM0", "066F", "1-1:1.0"), attached("/dev/ttyACM1", "066F", "1-1:1.2")]
    by_id = tmp_path / "by-id"
    by_id.symlink_to("/dev/ttyACM1")
    assert find_board_port(stm(probe_id="066F", serial=str(by_id)), ports) == "/dev/ttyACM1"
    with pytest.raises(UnreachableError, match=r"2 ports have .* '066F': /dev/ttyACM0, /dev/ttyACM1; name the right"):
        find_board_port(stm(probe_id="066F"), ports)


def test_an_absent_probe_falls_back_to_a_port_that_is_not_known_to_be_anothers(tmp_path: Path) -> None:
    port = tmp_path / "port"
    port.touch()
    board = stm(probe_id="066F", serial=str(port))
    assert find_board_port(board, []) == str(port)
    assert find_board_port(board, [attached(port, None)]) == str(port)
    with pytest.raises(UnreachableError, match=r"no USB serial number '066F' among 1 .* is the one with 'OTHER'"):
        find_board_port(board, [attached(port, "OTHER")])


@pytest.mark.parametrize(
    ("keys", "looked_for"),
    [
        ({"probe_id": "066F"}, "stm-1: no USB serial number '066F' among 0 attached ports; plug it in"),
        ({"probe_id": "066F", "serial": "/dev/none"}, "'066F' among 0 attached ports, and no /dev/none; plug it in"),
        ({"serial": "/dev/none"}, "stm-1: its port /dev/none is not there; plug it in"),
        ({"serial": "none", "runner": "virtual"}, "its port none is not there; start it: 'mcubench rig up'"),
    ],
)
def test_what_was_looked_for_is_told(keys: dict[str, str], looked_for: str) -> None:
    with pytest.raises(UnreachableError) as caught:
        address_of(stm(**keys), [])
    assert looked_for in str(caught.value)


def test_paths_of_virtual_boards_are_beside_the_rig_file(tmp_path: Path) -> None:
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "a").touch()
    board = stm(serial="links/a", probe_id="probes/a", runner="virtual", file=tmp_path / "rig.toml")
    assert address_of(board, []).port == str(tmp_path / "links" / "a")
    assert probe_socket(board) == tmp_path / "probes" / "a"
    assert probe_socket(stm(probe_id="066F")) is None


def test_a_labgrid_place_has_no_address_of_its_own() -> None:
    with pytest.raises(InputError, match="labgrid:desk has a port only while the place is acquired"):
        address_of(stm(serial="labgrid:desk"), [])


def test_a_link_left_of_a_terminal_that_is_gone_leads_nowhere(tmp_path: Path) -> None:
    link = tmp_path / "link"
    outside = PtyOutside(link)
    board = stm(serial=str(link), runner="virtual")
    assert find_board_port(board, []) == str(link)
    assert find_port(remember_port(str(link), []), []) == str(link)
    os.close(outside._master)  # as when its program is killed: the link stays
    time.sleep(0.15)  # more than the time in which a terminal may still be set up after a link was made to it
    opened: list[int] = []
    try:
        while not link.exists():  # until a terminal has that name again, ours or somebody else's
            assert len(opened) < 200
            opened += os.openpty()
        with pytest.raises(UnreachableError, match="is left of a terminal that is gone; start it"):
            find_board_port(board, [])
        assert find_port(remember_port(str(link), []), []) is None
    finally:
        for each in opened:
            os.close(each)
