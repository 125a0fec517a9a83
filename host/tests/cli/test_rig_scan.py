from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parents[1] / "rig"))  # for named_boards; importlib mode adds no folder

from named_boards import named_boards
from talking_pty import talking_pty

from mcubench.cli import rig_scan
from mcubench.link import AttachedPort
from mcubench.rig import scan as scan_of_rig

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCUBENCH_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("MCUBENCH_RIG", raising=False)
    monkeypatch.chdir(tmp_path)


def scan(monkeypatch: pytest.MonkeyPatch, ports: list[AttachedPort], *arguments: str) -> str:
    """Run the command with a test double for what USB says of ports."""
    monkeypatch.setattr(rig_scan, "attached_ports", lambda: ports)
    result = CliRunner().invoke(rig_scan.command, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_boards_are_found_shown_and_then_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(scan_of_rig, "PATIENT_S", 0.5)  # a silent one is not called back from another rate
    with named_boards(("stm32f746", "aa")) as (stm,), talking_pty(b"") as probe, talking_pty(b"$GPGGA\r\n") as gps:
        ports = [
            AttachedPort(stm, "", "0483:374b", "066F", "ST-LINK/V2-1", "1-1"),
            AttachedPort(probe, "", "1366:1015", "0010", "J-Link on board", "1-2"),
            AttachedPort(gps, "", "1546:01a7", None, None, "1-3"),
        ]
        shown = scan(monkeypatch, ports)
        assert not (tmp_path / "rig.toml").exists()
        written = scan(monkeypatch, ports, "--write")
        again = scan(monkeypatch, ports[:1], "--write")
    lines = shown.splitlines()
    assert lines[0].startswith(f"{stm}: stm32f746, id aa, build ")
    assert lines[1] == f"{probe} (J-Link on board): answers nothing, left out"
    assert lines[2] == f"{gps}: talks, but not our protocol (last seen: $GPGGA), left out"
    assert lines[3:-2] == [
        f"! {probe}: flash its board and scan again, or say what it is and add:",
        "    [[boards]]",
        '    name = ""',
        '    board = ""  # of stm32f746, nrf52840, esp32, cortex-m0, native, python',
        '    probe_id = "0010"',
        f'    serial = "{probe}"',
        '    runner = "jlink"',
    ]
    added = f'board = "stm32f746", id = "aa", probe_id = "066F", serial = "{stm}", runner = "stlink"'
    assert lines[-2:] == [f"+ stm32f746-1: {added}", "rig.toml: not written; --write does it"]
    assert written.splitlines()[:-1] == lines[:-1]
    assert written.endswith("rig.toml: written\n")
    assert (tmp_path / "rig.toml").read_text().splitlines() == [
        "[[boards]]", 'name = "stm32f746-1"', *added.split(", "),
    ]  # fmt: skip
    assert again.splitlines()[-1] == "rig.toml: nothing to change"
    assert "(stm32f746-1)" in again


def test_nothing_attached_is_told(mcubench: Run) -> None:
    done = mcubench("rig", "scan", "--write")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["No USB serial port is attached.", "rig.toml: nothing to change"]


def test_the_files_own_addresses_are_asked(mcubench: Run, tmp_path: Path) -> None:
    text = '# mine\n[[boards]]\nname = "{0}"\nboard = "stm32f746"\nserial = "{0}"\n'
    rig = tmp_path / "shelf.toml"
    rig.write_text(text.format("0") + text.format("1"))
    with named_boards(("stm32f746", "aa"), links=tmp_path):
        done = mcubench("rig", "scan", "--rig", rig, "--write", "--json")
    found = json.loads(done.stdout)
    assert found["written"] is True
    assert [(port["name"], port["state"], port["id"]) for port in found["ports"]] == [
        ("0", "board", "aa"),
        ("1", "absent", None),
    ]
    assert found["changes"] == [{"action": "update", "name": "1", "keys": {"connected": False}}]
    assert found["hints"] == ['0: add id = "aa", so that no other board is taken for it']
    assert rig.read_text() == text.format("0") + text.format("1") + "connected = false\n"


def test_a_file_with_mistakes_is_left_alone(mcubench: Run, tmp_path: Path) -> None:
    (tmp_path / "rig.toml").write_text('[[boards]]\nname = "a"\ncolour = 1\n')
    done = mcubench("rig", "scan", "--write")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[0] == "mcubench: rig.toml: 3 mistakes"
    assert len(done.stderr.splitlines()) == 4
