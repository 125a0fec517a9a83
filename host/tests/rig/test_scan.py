"""Scans with a test double for what USB says of ports; the boards behind them are real ptys that speak the protocol."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for named_boards; importlib mode adds no folder

from named_boards import named_boards
from talking_pty import talking_pty

from mcubench.link import AttachedPort, Link
from mcubench.protocol import Board
from mcubench.rig import RigBoard, hold, scan
from mcubench.rig.asking import PortState
from mcubench.rig.merge import Action, Change, Merge, merge_sightings
from mcubench.rig.scan import scan_ports

STM_ID, NRF_ID, ESP_ID = "aa" * 12, "bb" * 8, "cc" * 6
ST, SEGGER, CP210X, GPS = "0483:374b", "1366:1015", "10c4:ea60", "1546:01a7"


@pytest.fixture(autouse=True)
def state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCUBENCH_STATE_DIR", str(tmp_path / "state"))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not ask for as long as a board may take that has to be called back from another rate."""
    monkeypatch.setattr(scan, "PATIENT_S", 0.5)


@pytest.fixture
def boards() -> Iterator[list[str]]:
    with named_boards(("stm32f746", STM_ID), ("nrf52840", NRF_ID), ("esp32", ESP_ID)) as ports:
        yield ports


def usb(name: str, usb_id: str, serial_number: str | None, location: str | None = None) -> AttachedPort:
    known = None if usb_id == GPS else "a known probe"
    return AttachedPort(name, "", usb_id, serial_number, known, location or f"1-{name}")


def scanned(boards: Sequence[RigBoard], ports: Sequence[AttachedPort], links: Path = Path("/none")) -> Merge:
    return merge_sightings(boards, scan_ports(boards, ports, links))


def test_new_boards_are_added_with_what_is_known_of_them(boards: list[str]) -> None:
    stm, nrf, esp = boards
    found = scanned([], [usb(stm, ST, "066F"), usb(nrf, SEGGER, "0010"), usb(esp, CP210X, "0001")])
    assert found.changes == [
        Change(Action.ADD, name, {"name": name, "board": board, "id": uid, "probe_id": probe, "serial": port} | more)
        for name, board, uid, probe, port, more in [
            ("stm32f746-1", "stm32f746", STM_ID, "066F", stm, {"runner": "stlink"}),
            ("nrf52840-1", "nrf52840", NRF_ID, "0010", nrf, {"runner": "jlink"}),
            ("esp32-1", "esp32", ESP_ID, "0001", esp, {"baud": 1_000_000, "runner": "esptool"}),
        ]
    ]
    assert found.hints == []


def test_the_firmwares_own_core_is_found(echo_port: str) -> None:
    (change,) = scanned([], [usb(echo_port, ST, "066F")]).changes
    with Link(echo_port) as link:
        uid = Board(link).connect().uid
    assert change.keys | {"name": "native-1", "board": "native", "id": uid, "serial": echo_port} == change.keys


def test_a_port_is_named_by_its_device_or_by_its_plug(boards: list[str], tmp_path: Path) -> None:
    stm, nrf, esp = boards
    links = {"by-id/usb-ST": stm, "by-path/pci-1": stm, "by-id/usb-CP210x": nrf, "by-path/pci-2": nrf}
    for name, port in links.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).symlink_to(port)
    # As two cheap bridges: they have the same serial number, so their link by id leads to one of them, nobody knows
    # to which.
    ports = [usb(stm, ST, "066F"), usb(nrf, CP210X, "0001"), usb(esp, CP210X, "0001")]
    added = [change.keys for change in scanned([], ports, tmp_path).changes]
    assert [keys["serial"] for keys in added] == [f"{tmp_path}/by-id/usb-ST", f"{tmp_path}/by-path/pci-2", esp]
    assert ["probe_id" in keys for keys in added] == [True, False, False]


def test_boards_are_found_again_by_their_id_and_absent_ones_marked(boards: list[str]) -> None:
    stm, nrf, _ = boards
    known = [
        RigBoard("moved", "stm32f746", id=STM_ID, probe_id="066F", serial="/dev/ttyACM9"),
        RigBoard("back", "nrf52840", id=NRF_ID, probe_id="0010", serial=nrf, connected=False),
        RigBoard("gone", "esp32", id=ESP_ID, serial="/dev/none"),
        RigBoard("long gone", "esp32", probe_id="0002", connected=False),
    ]
    found = scanned(known, [usb(stm, ST, "066F"), usb(nrf, SEGGER, "0010")])
    assert found.changes == [
        Change(Action.UPDATE, "moved", {"serial": stm}),
        Change(Action.UPDATE, "back", {"connected": True}),
        Change(Action.UPDATE, "gone", {"connected": False}),
    ]
    assert found.names == {stm: "moved", nrf: "back"}


def test_nothing_changes_when_everything_is_as_the_file_says(boards: list[str]) -> None:
    known = [RigBoard("a", "stm32f746", id=STM_ID, probe_id="066F", serial=boards[0])]
    assert scanned(known, [usb(boards[0], ST, "066F")]) == Merge(names={boards[0]: "a"})


def test_a_board_behind_another_bridge_is_the_same_board(boards: list[str]) -> None:
    known = [RigBoard("a", "esp32", id=ESP_ID, probe_id="OLD", serial="/dev/ttyUSB3")]
    (change,) = scanned(known, [usb(boards[2], CP210X, "NEW")]).changes
    assert change == Change(Action.UPDATE, "a", {"probe_id": "NEW", "serial": boards[2]})


def test_another_board_behind_a_known_bridge_is_new(boards: list[str]) -> None:
    known = [RigBoard("esp32-1", "esp32", id="dd" * 6, probe_id="0007", serial=boards[2])]
    found = scanned(known, [usb(boards[2], CP210X, "0007")])
    assert found.changes == [
        Change(
            Action.ADD,
            "esp32-2",
            {
                "name": "esp32-2",
                "board": "esp32",
                "id": ESP_ID,
                "serial": boards[2],
                "runner": "esptool",
            },
        ),
        Change(Action.UPDATE, "esp32-1", {"connected": False}),
    ]


def test_an_entry_without_an_id_is_known_by_its_probe_and_a_person_adds_the_id(boards: list[str]) -> None:
    known = [RigBoard("a", "stm32f746", probe_id="066F", serial="/dev/none")]
    found = scanned(known, [usb(boards[0], ST, "066F")])
    assert found.changes == [Change(Action.UPDATE, "a", {"serial": boards[0]})]
    assert found.hints == [f'a: add id = "{STM_ID}", so that no other board is taken for it']


def test_a_board_that_calls_itself_something_else_is_left_to_a_person(boards: list[str]) -> None:
    known = [RigBoard("a", "nrf52840", id=STM_ID, serial="/dev/none")]
    found = scanned(known, [usb(boards[0], ST, "066F")])
    assert found.changes == []
    assert found.hints == ["a: calls itself stm32f746, the file says nrf52840; mend its board"]


def test_an_id_that_answers_twice_is_written_once() -> None:
    with named_boards(("stm32f746", STM_ID), ("stm32f746", STM_ID)) as (first, second):
        found = scanned([], [usb(first, ST, "1"), usb(second, ST, "2")])
    assert [change.keys["serial"] for change in found.changes] == [first]
    assert found.hints == [f"{second}: the id {STM_ID} is that of the board at {first} too; left out"]


def test_a_board_that_nobody_knows_is_left_out() -> None:
    with named_boards(("toaster", "ee")) as (port,):
        found = scanned([], [usb(port, ST, "1")])
    assert found.changes == []
    assert found.hints == [f"{port}: this mcubench knows no board 'toaster', which answers there; left out"]


@pytest.mark.parametrize(
    ("says", "state", "note"),
    [
        (b"", PortState.SILENT, "answers nothing"),
        (b"$GPGGA,12\r\n", PortState.FOREIGN, "talks, but not our protocol (last seen: $GPGGA,12)"),
    ],
    ids=["silent", "garbage"],
)
def test_what_is_no_board_is_told_and_never_written(says: bytes, state: PortState, note: str) -> None:
    with talking_pty(says) as port:
        (sighting,) = scan_ports([], [usb(port, GPS, None)], Path("/none"))
    assert (sighting.heard.state, sighting.heard.note) == (state, note)
    assert merge_sightings([], [sighting]) == Merge()


@pytest.mark.usefixtures("impatient")
def test_a_probe_whose_board_does_not_answer_is_left_to_a_person_who_knows_the_board() -> None:
    with talking_pty(b"") as port:
        found = scanned([], [usb(port, ST, "066F")])
    assert found == Merge(unknown={port: {"probe_id": "066F", "serial": port, "runner": "stlink"}})


@pytest.mark.usefixtures("impatient")
def test_the_second_port_of_a_probe_is_no_unknown_board(boards: list[str]) -> None:
    with talking_pty(b"") as second:
        ports = [usb(second, SEGGER, "0010", "1-1:1.2"), usb(boards[1], SEGGER, "0010", "1-1:1.0")]
        found = scanned([], ports)
    assert [change.keys["serial"] for change in found.changes] == [boards[1]]
    assert found.unknown == {}


@pytest.mark.usefixtures("impatient")
def test_a_silent_board_whose_probe_is_there_is_connected() -> None:
    with talking_pty(b"") as port:
        known = [RigBoard("a", "stm32f746", id=STM_ID, probe_id="066F", serial="/dev/none", connected=False)]
        found = scanned(known, [usb(port, ST, "066F")])
    assert found.changes == [Change(Action.UPDATE, "a", {"serial": port, "connected": True})]


def test_ports_that_somebody_uses_are_left_alone(boards: list[str]) -> None:
    stm, nrf, esp = boards
    mine = RigBoard("mine", "stm32f746", id=STM_ID, serial=stm)
    with hold(mine, "a long sweep"), Link(nrf):
        seen = scan_ports([mine], [usb(stm, ST, "066F"), usb(nrf, SEGGER, "0010"), usb(esp, CP210X, "1")])
        assert [each.heard.state for each in seen] == [PortState.LOCKED, PortState.CLOSED, PortState.BOARD]
        assert "for 'a long sweep' since" in seen[0].heard.note
        assert "the port is busy" in seen[1].heard.note
        assert [change.name for change in merge_sightings([mine], seen).changes] == ["esp32-1"]


def test_ports_without_a_usb_id_are_not_asked(boards: list[str]) -> None:
    port = AttachedPort(boards[0], "", None, None, None)
    assert scan_ports([], [port]) == []


def test_addresses_of_the_file_are_asked_too(tmp_path: Path) -> None:
    with named_boards(("stm32f746", STM_ID), ("nrf52840", NRF_ID), links=tmp_path):
        file = tmp_path / "rig.toml"
        known = [
            RigBoard("back", "stm32f746", id=STM_ID, runner="virtual", serial="0", connected=False, file=file),
            RigBoard("other", "stm32f746", id="dd", serial="1", file=file),
            RigBoard("asleep", "stm32f746", id="ee", runner="virtual", serial="2", file=file),
            RigBoard("gone", "stm32f746", id="ff", serial="3", file=file),
            RigBoard("far", "stm32f746", serial="labgrid:desk", file=file),
        ]
        found = scanned(known, [])
    assert found.changes == [
        Change(Action.UPDATE, "back", {"connected": True}),
        Change(Action.UPDATE, "gone", {"connected": False}),
    ]
    assert found.hints == [
        f"other: another board is at {tmp_path}/1, nrf52840 with id {NRF_ID}; mend its id or its serial"
    ]


def test_a_port_is_asked_once_whoever_else_had_it_before(boards: list[str]) -> None:
    known = [
        RigBoard("here", "stm32f746", id=STM_ID, serial=boards[0]),
        RigBoard("away", "stm32f746", id="dd", serial=boards[0], connected=False),
    ]
    seen = scan_ports(known, [usb(boards[0], ST, None)])
    assert [each.heard.state for each in seen] == [PortState.BOARD, PortState.ABSENT]
    assert merge_sightings(known, seen) == Merge(names={boards[0]: "here"})
