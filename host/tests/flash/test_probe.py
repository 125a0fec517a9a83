"""Which probe or port PlatformIO is given, for entries of all runners; USB devices are doubles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mcubench.boards import BoardAddress
from mcubench.errors import InputError, UnreachableError
from mcubench.flash import BoardKind, Built
from mcubench.flash.probe import RUNNERS, UploadTarget, upload_target
from mcubench.images import Project
from mcubench.link import AttachedPort
from mcubench.rig import RigBoard
from mcubench.rig.keys import RUNNERS as RUNNERS_OF_A_RIG_FILE

ROOT = Path(__file__).resolve().parents[3]


def target_of(**entry: Any) -> UploadTarget:
    board = RigBoard(**{"name": "disco-1", "board": "stm32f746", **entry})
    built = Built(Project(ROOT), BoardKind.of(board), "generated", Path("firmware.elf"), "1", ())
    return upload_target(board, BoardAddress(board.name, port="/dev/ttyACM7"), built)


def test_whatever_runner_a_rig_file_may_name_can_be_used() -> None:
    assert set(RUNNERS) == set(RUNNERS_OF_A_RIG_FILE)


def test_a_virtual_probe_is_beside_its_rig_file(tmp_path: Path) -> None:
    target = target_of(runner="virtual", probe_id="probes/1", file=tmp_path / "rig.toml")
    assert target == UploadTarget("virtual", str(tmp_path / "probes" / "1"))


def test_a_black_magic_probe_is_its_first_port(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {"/dev/ttyACM3": "B1", "/dev/ttyACM2": "B1", "/dev/ttyACM0": "B2"}
    ports = [AttachedPort(name, "", "1d50:6018", serial, None) for name, serial in names.items()]
    monkeypatch.setattr("mcubench.flash.probe.attached_ports", lambda: ports)
    assert target_of(runner="blackmagic", probe_id="B1").port == "/dev/ttyACM2"
    with pytest.raises(UnreachableError, match="no port with the serial number B3"):
        target_of(runner="blackmagic", probe_id="B3")


def test_a_probe_that_is_a_disk_is_where_it_is_mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk, by_id, mounts = tmp_path / "sdb", tmp_path / "by-id", tmp_path / "mounts"
    disk.touch()
    by_id.mkdir()
    (by_id / "usb-MBED_microcontroller_066DFF55-0:0").symlink_to(disk)
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\n{disk} /media/me/DIS\\040F746NG vfat rw 0 0\n")
    monkeypatch.setattr("mcubench.flash.probe.DISKS", by_id)
    monkeypatch.setattr("mcubench.flash.probe.MOUNTS", mounts)
    assert target_of(runner="mbed", probe_id="066DFF55").port == "/media/me/DIS F746NG"
    with pytest.raises(UnreachableError, match="no disk of the probe 0671 is mounted"):
        target_of(runner="mbed", probe_id="0671")


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"runner": "stlink"}, "needs probe_id, the probe's USB serial number"),
        ({}, "runner = 'stlink' needs probe_id"),  # that of platformio.ini
        ({"runner": "jlink", "probe_id": "1; shutdown"}, "'1; shutdown' is no USB serial number"),
        ({"runner": "virtual"}, "the path of its probe's socket"),
        ({"runner": "custom"}, r"needs upload_command in \[env:stm32f746\]"),
        ({"runner": "dfu"}, "runner = 'dfu' is unknown"),
    ],
)
def test_an_entry_that_does_not_say_enough_is_bad_input(entry: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        target_of(**entry)
