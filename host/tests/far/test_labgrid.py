"""Boards of a lab: labgrid's own coordinator and exporter, with boards that are programs behind them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from lab import Lab, PowerStrip
from server_processes import ROOT, ServerProcess, free_port, labgrid_program, ser2net_program

from mcubench.boards import ChildBoard
from mcubench.errors import LockedError, UnreachableError
from mcubench.link import Link
from mcubench.protocol import Board
from mcubench.recovery import Rung
from mcubench.rig import RigBoard
from mcubench.rig.labgrid import acquired

NATIVE = ROOT / "build" / "native" / "generated" / "board"
NRF52840 = ROOT / ".pio" / "build" / "nrf52840-local" / "firmware.elf"
USES_A_PLACE = """
import sys, time
from mcubench.rig import RigBoard
from mcubench.rig.labgrid import acquired
with acquired(RigBoard("dut", "native", serial=sys.argv[1])) as (address, drivers):
    print(address.port, flush=True)
    time.sleep(60)
"""


class FarBoard(ServerProcess):
    """A virtual nRF52840 behind a TCP port, whose power can be taken."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        virtual = [sys.executable, "-m", "mcubench", "virtual", "nrf52840", "--firmware", str(NRF52840)]
        super().__init__([*virtual, "--tcp", str(port)], port, folder)

    def switch(self, to: str) -> None:
        self.end(signal.SIGKILL)
        if to == "on":
            self.start()

    def hang(self) -> None:
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGSTOP)


def dut(place: str) -> RigBoard:
    return RigBoard("dut", "native", serial=f"labgrid:{place}")


@dataclass(frozen=True)
class Shelf:
    """A lab, its power strip, and the board at the place `desk`, which is off."""

    lab: Lab
    strip: PowerStrip
    board: FarBoard


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    """Places: `desk` (a virtual board, power, reset), `tty` (labgrid's own ser2net), `lamp` (power only)."""
    missing = [
        what
        for what, there in {
            "labgrid (make .venv/.far)": labgrid_program("labgrid-client"),
            "ser2net (apt install ser2net)": ser2net_program(),
            "build/native/generated/board (make firmware)": NATIVE.is_file(),
            ".pio/build/nrf52840-local/firmware.elf (make firmware)": NRF52840.is_file(),
        }.items()
        if not there
    ]
    if missing:
        pytest.skip(f"no {', no '.join(missing)}")
    folder = tmp_path_factory.mktemp("lab")
    with contextlib.ExitStack() as stack:
        strip = stack.enter_context(PowerStrip())
        tty = stack.enter_context(ChildBoard("native", [str(NATIVE)]))
        board = FarBoard(folder)
        stack.callback(board.end)
        strip.switch = board.switch
        power = {"model": "simplerest", "host": f"{strip.url}/relay/{{index}}/{{value}}", "index": 3}
        reset = {"url": f"{strip.url}/reset", "body_asserted": "1", "body_deasserted": "0"}
        port = {"host": "127.0.0.1", "port": board.port, "speed": 1_000_000, "protocol": "raw"}
        groups = {
            "desk": {
                "NetworkSerialPort": port,
                "NetworkPowerPort": power,
                "reset": {"cls": "HttpDigitalOutput", **reset},
            },
            "tty": {"RawSerialPort": {"port": tty.port, "speed": 1_000_000}},
            "lamp": {"NetworkPowerPort": power},
        }
        lab = stack.enter_context(Lab(groups, folder, {"desk": ["window"]}))
        yield Shelf(lab, strip, board)


@pytest.fixture
def lab(shelf: Shelf, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Lab:
    monkeypatch.setenv("LG_COORDINATOR", shelf.lab.coordinator)
    monkeypatch.setenv("MCUBENCH_LABGRID_CLIENT", shelf.lab.client_program)
    monkeypatch.setenv("MCUBENCH_STATE_DIR", str(tmp_path / "state"))
    return shelf.lab


def test_a_sweep_takes_a_place_brings_its_hanging_board_back_by_its_power_and_gives_it_back(
    shelf: Shelf, lab: Lab, tmp_path: Path
) -> None:
    shelf.board.start()
    shelf.board.hang()
    (tmp_path / "rig.toml").write_text('[[boards]]\nname = "dut"\nboard = "nrf52840"\nserial = "labgrid:desk"\n')
    command = [sys.executable, "-m", "mcubench", "sweep", "--board", "dut", "--models", str(ROOT / "models")]
    what = ["--model", "mnist-int8", "--clock", "main", "--vectors", "10", "--samples", "3"]
    out = ["--json", "sweep.json", "--db", "sweep.db"]
    done = subprocess.run(
        [*command, *what, *out], cwd=tmp_path, capture_output=True, text=True, timeout=150, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (record,) = json.loads((tmp_path / "sweep.json").read_text())
    assert (record["board"], record["status"], record["bit_exact"]) == ("nrf52840", "ok", True)
    assert shelf.strip.requests == ["/reset=1", "/reset=0", "/relay/3/0", "/relay/3/1"]
    assert lab.holder("desk") is None


def test_a_port_that_labgrid_itself_exports_is_used(lab: Lab) -> None:
    with acquired(RigBoard("dut", "native", serial=f"labgrid://{lab.coordinator}/tty")) as (address, drivers):
        assert address.port is not None
        assert address.port.startswith("rfc2217://127.0.0.1:")
        assert (address.baud, drivers) == (1_000_000, ())
        with Link(address.port) as link:
            assert Board(link).connect().board == "native"
    assert lab.holder("tty") is None


def test_a_rig_file_goes_before_labgrid_and_an_error_gives_the_place_back(lab: Lab) -> None:
    board = RigBoard("dut", "native", id="ab12", serial="labgrid:window", baud=115_200, power="script:true")
    with pytest.raises(ZeroDivisionError), acquired(board) as (address, drivers):  # an alias of desk
        assert (address.baud, address.expected_board, address.expected_uid) == (115_200, "native", "ab12")
        assert [each.rung for each in drivers] == [Rung.RESET_LINE, Rung.POWER_CYCLE, Rung.POWER_CYCLE]
        raise ZeroDivisionError
    assert lab.holder("desk") is None


def use_place_and_send(with_signal: signal.Signals) -> None:
    """Let another process acquire the place `desk`, and send it a signal then."""
    # What a shell starts in the background ignores SIGINT, and so would everything below it.
    command = ["env", "--default-signal=INT", sys.executable, "-c", USES_A_PLACE, "labgrid:desk"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"socket://")
        process.send_signal(with_signal)
        process.wait(30)


def test_ctrl_c_gives_a_place_back(lab: Lab) -> None:
    use_place_and_send(signal.SIGINT)
    assert lab.holder("desk") is None


def test_a_place_of_a_program_that_was_killed_is_ours_to_release(lab: Lab) -> None:
    use_place_and_send(signal.SIGKILL)
    with pytest.raises(LockedError, match="which is you: 'labgrid-client -p desk release'"), acquired(dut("desk")):
        pass
    lab.client("-p", "desk", "release")


def test_a_place_that_was_taken_from_us_is_left_to_who_has_it_and_refused_with_his_name(
    lab: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    with acquired(dut("desk")):
        lab.client("-p", "desk", "release", "--kick", user="workshop/bob")
        lab.client("-p", "desk", "acquire", user="workshop/bob")
    assert caplog.messages == []
    with pytest.raises(LockedError, match="workshop/bob") as failure, acquired(dut("desk")):
        pass
    assert failure.value.exit_code == 3
    assert "\n" not in str(failure.value)
    assert lab.holder("desk") == "workshop/bob"
    lab.client("-p", "desk", "release", user="workshop/bob")


def test_a_bad_place_is_one_line_and_nothing_stays_acquired(lab: Lab) -> None:
    for place, words in {
        "nowhere": "has no place 'nowhere' (place pattern nowhere matches nothing)",
        "lamp": "the labgrid place 'lamp' needs one serial port",
    }.items():
        with pytest.raises(UnreachableError) as failure, acquired(dut(place)):
            pass
        assert words in str(failure.value)
        assert "\n" not in str(failure.value)
    assert lab.client("who").count("\n") == 1  # its headings


def test_no_coordinator_is_one_line(lab: Lab) -> None:  # noqa: ARG001 - its environment
    serial = f"labgrid://127.0.0.1:{free_port()}/desk"
    with pytest.raises(UnreachableError, match="no labgrid coordinator answers at") as failure:
        acquired(RigBoard("dut", "native", serial=serial)).__enter__()
    assert "\n" not in str(failure.value)


def test_a_coordinator_that_ends_while_a_place_is_used_is_told(lab: Lab, caplog: pytest.LogCaptureFixture) -> None:
    with acquired(dut("desk")):
        lab.end()
    assert "the labgrid place desk is still acquired" in caplog.text
