"""What labgrid-client prints of a place, and which names of places are understood; no labgrid is needed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mcubench.errors import InputError, RigError
from mcubench.rig import RigBoard
from mcubench.rig.labgrid import acquired
from mcubench.rig.labgrid_client import PlaceName, place_name
from mcubench.rig.labgrid_place import read_place

# As labgrid 26.0.1 printed it.
SHOWN = """Place 'desk1':
  aliases: bob:mine, window
  comment: acquired: no
  matches:
    exp1/desk/*
  acquired: vm/root
  acquired resources:
    exp1/desk/NetworkPowerPort/NetworkPowerPort
    exp1/desk/NetworkSerialPort/console -> serial
  created: 2026-11-21 18:09:58.328030
  changed: 2026-11-21 18:10:12.392365
Acquired resource 'NetworkPowerPort' (exp1/desk/NetworkPowerPort/NetworkPowerPort):
  {'acquired': 'desk1',
   'avail': True,
   'cls': 'NetworkPowerPort',
   'params': {'extra': {'proxy': 'localhost', 'proxy_required': False},
              'host': 'http://127.0.0.1:8099/relay/{index}/{value}',
              'index': 3,
              'model': 'simplerest'}}
Acquired resource 'serial' (exp1/desk/NetworkSerialPort/console):
  {'acquired': 'desk1',
   'avail': False,
   'cls': 'NetworkSerialPort',
   'params': {'extra': {'proxy': 'gate', 'proxy_required': True},
              'host': '127.0.0.1',
              'port': None,
              'protocol': 'raw',
              'speed': 1000000}}
"""
# A program that says what labgrid-client would.
CLIENT = """#!/bin/sh
case "$*" in
  *show) cat "{shown}" ;;
  *) {otherwise} ;;
esac
"""


def test_a_place_has_its_names_its_holder_and_its_resources() -> None:
    place = read_place(SHOWN)
    assert (place.name, place.aliases, place.holder) == ("desk1", ("mine", "window"), "vm/root")
    power, port = place.resources
    assert (power.name, power.kind, power.available, power.needs_proxy) == (
        "NetworkPowerPort",
        "NetworkPowerPort",
        True,
        False,
    )
    assert (port.name, port.kind, port.available, port.needs_proxy) == ("serial", "NetworkSerialPort", False, True)
    assert (port.parameters["speed"], port.parameters["port"]) == (1_000_000, None)


def test_a_place_that_nobody_has_has_no_holder() -> None:
    assert read_place("Place 'x':\n  matches:\n  acquired: None\n").holder is None


@pytest.mark.parametrize("shown", ["", "nonsense", "Place 'x':\n", SHOWN.replace("'avail'", "'there'"), SHOWN[:-4]])
def test_what_is_no_place_of_labgrid_26_is_a_rig_error(shown: str) -> None:
    with pytest.raises(RigError, match="labgrid"):
        read_place(shown)


def test_places_are_named_with_and_without_a_coordinator() -> None:
    assert place_name("labgrid:desk") == PlaceName("desk")
    assert place_name("labgrid://lab.example:20408/desk") == PlaceName("desk", "lab.example:20408")
    assert PlaceName("desk", "lab:1").options == ("-x", "lab:1", "-p", "desk")
    assert place_name("/dev/ttyACM0") is None
    assert place_name("socket://labgrid:1") is None


@pytest.mark.parametrize(
    "serial", ["labgrid:", "labgrid:/", "labgrid://", "labgrid:///x", "labgrid://h:1", "labgrid:a b"]
)
def test_what_names_no_place_is_refused(serial: str) -> None:
    with pytest.raises(InputError, match="expected labgrid:PLACE or labgrid://HOST:PORT/PLACE"):
        place_name(serial)


@pytest.mark.parametrize(
    ("old", "new"), [("True,\n   'cls': 'NetworkS", "False,\n   'cls': 'NetworkS"), ("4001", "None")]
)
def test_a_port_that_is_not_there_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str
) -> None:
    with pytest.raises(InputError, match="is not there; is the board plugged into its exporter") as failure:
        enter(tmp_path, monkeypatch, there(SHOWN).replace(old, new))
    assert "\n" not in str(failure.value)


def enter(folder: Path, monkeypatch: pytest.MonkeyPatch, shown: str, otherwise: str = "exit 0") -> None:
    """Acquire the place `desk1` from a program that shows it so."""
    (folder / "shown").write_text(shown)
    program = folder / "labgrid-client"
    program.write_text(CLIENT.format(shown=folder / "shown", otherwise=otherwise))
    program.chmod(0o755)
    monkeypatch.setenv("MCUBENCH_LABGRID_CLIENT", str(program))
    with acquired(RigBoard("dut", "native", serial="labgrid:desk1")):
        pass


def there(shown: str) -> str:
    return shown.replace("False,\n   'cls': 'NetworkS", "True,\n   'cls': 'NetworkS").replace("None,\n", "4001,\n")


def test_a_port_behind_ssh_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="is to be reached through SSH"):
        enter(tmp_path, monkeypatch, there(SHOWN))


def test_a_port_of_another_protocol_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = there(SHOWN).replace("'proxy_required': True", "'proxy_required': False").replace("'raw'", "'smoke'")
    with pytest.raises(InputError, match="speaks 'smoke'; expected rfc2217 or raw"):
        enter(tmp_path, monkeypatch, shown)


def test_a_place_that_only_has_the_name_in_its_own_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """labgrid-client takes the only place whose name contains what it was given."""
    with pytest.raises(InputError, match="there is no labgrid place 'desk1', only 'desk10'"):
        enter(tmp_path, monkeypatch, there(SHOWN).replace("Place 'desk1'", "Place 'desk10'"))


def test_two_ports_at_a_place_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    serial = SHOWN[SHOWN.index("Acquired resource 'serial'") :]
    with pytest.raises(InputError, match=r"needs one serial port .* found 2 \(serial, serial\)"):
        enter(tmp_path, monkeypatch, SHOWN + serial)


def test_no_labgrid_client_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCUBENCH_LABGRID_CLIENT", "/nowhere/labgrid-client")
    with pytest.raises(InputError, match="there is no program '/nowhere/labgrid-client' for labgrid places") as failure:
        acquired(RigBoard("dut", "native", serial="labgrid:desk")).__enter__()
    assert "\n" not in str(failure.value)


def test_a_client_that_never_ends_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mcubench.rig.labgrid_client.CALL_TIMEOUT_S", 0.2)
    with pytest.raises(RigError, match=r"'labgrid-client -p desk1 acquire' had not ended after 0.2 s"):
        enter(tmp_path, monkeypatch, SHOWN, otherwise="sleep 600")


def test_a_client_that_crashes_is_told_with_its_last_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = SHOWN.replace("vm/root", "None")
    with pytest.raises(RigError, match="the labgrid place 'desk1' cannot be acquired: KeyError: 'x'"):
        enter(tmp_path, monkeypatch, shown, otherwise="echo Traceback >&2; echo \"KeyError: 'x'\" >&2; exit 2")


def test_ctrl_c_while_a_place_is_being_acquired_gives_it_back(tmp_path: Path) -> None:
    """labgrid-client is let go on to its end, so that it is known what it did."""
    program, calls = tmp_path / "labgrid-client", tmp_path / "calls"
    program.write_text(f'#!/bin/sh\necho "$3" >> "{calls}"\n[ "$3" != acquire ] || sleep 1\n')
    program.chmod(0o755)
    code = "from mcubench.rig.labgrid import acquired; from mcubench.rig import RigBoard;"
    code += "acquired(RigBoard('dut', 'native', serial='labgrid:desk')).__enter__()"
    environment = os.environ | {"MCUBENCH_LABGRID_CLIENT": str(program)}
    # What a shell starts in the background ignores SIGINT, and so would everything below it.
    command = ["env", "--default-signal=INT", sys.executable, "-c", code]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 30
        while not calls.exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        process.wait(30)
    assert calls.read_text().split() == ["acquire", "release"]
