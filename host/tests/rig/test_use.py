"""Having a board of a rig: what keeps it from us, and what comes with it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mcubench.errors import BlockedError, InputError, LockedError, RigError
from mcubench.recovery import DebugProbe, HubPort, Person, PowerScript, VirtualPower, VirtualProbe
from mcubench.rig import RigBoard, drivers_of, holder, latch, use
from mcubench.rig.lock import keep


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCUBENCH_STATE_DIR", str(tmp_path / "state"))


@pytest.fixture
def board(tmp_path: Path) -> Iterator[RigBoard]:
    """An entry whose port is a pty."""
    master, slave = os.openpty()
    (tmp_path / "port").symlink_to(os.ttyname(slave))
    yield RigBoard("stm-1", "stm32f746", id="00ab", serial="port", power="script:true", file=tmp_path / "rig.toml")
    os.close(master)
    os.close(slave)


def test_a_board_is_ours_while_it_is_used(board: RigBoard, tmp_path: Path) -> None:
    with use(board, "a sweep") as attachment:
        found = holder(board)
        assert found
        assert (found.reason, found.pid) == ("a sweep", os.getpid())
        address = attachment.address
        assert (address.name, address.port) == ("stm-1", str(tmp_path / "port"))
        assert (address.expected_board, address.expected_uid) == ("stm32f746", "00ab")
        assert [type(each) for each in attachment.drivers] == [PowerScript]
        with pytest.raises(LockedError, match="for 'a sweep'"), use(board, "another"):
            pass
    assert holder(board) is None


def test_what_is_raised_inside_is_raised_as_it_is(board: RigBoard) -> None:
    with pytest.raises(InputError, match=r"^mine$"), use(board, "a sweep"):
        raise InputError("mine")
    assert holder(board) is None


def test_a_latched_board_is_blocked_but_for_who_asks_for_it(board: RigBoard) -> None:
    latch(board, "it hung")
    with pytest.raises(BlockedError, match="latched broken: it hung") as caught, use(board, "a sweep"):
        pass
    assert "mcubench rig check stm-1" in str(caught.value)
    assert holder(board) is None
    with use(board, "rig check", even_latched=True) as attachment:
        assert attachment.board == board


def test_i_can_use_what_i_keep(board: RigBoard) -> None:
    keep(board, "by hand")
    with use(board, "a sweep"):
        pass
    found = holder(board)
    assert found
    assert found.reason == "by hand"


def test_a_port_that_is_not_there_is_the_rigs_fault(board: RigBoard) -> None:
    gone = replace(board, serial="gone", power=None)
    with pytest.raises(RigError, match=r"^stm-1: its port .*gone is not there") as caught, use(gone, "a sweep"):
        pass
    assert caught.value.exit_code == 3
    assert holder(gone) is None


def test_a_port_that_comes_back_with_its_power_is_used(board: RigBoard, tmp_path: Path) -> None:
    power = f'script:echo "$MCUBENCH_NAME" > {tmp_path}/told; ln -s {tmp_path}/port {tmp_path}/gone'
    gone = replace(board, serial="gone", power=power)
    with pytest.raises(RigError, match="is not there"), use(gone, "rig check", even_latched=True, may_switch=False):
        pass
    assert not (tmp_path / "told").exists(), "who only looks switches nothing"
    with use(gone, "a sweep") as attachment:
        assert attachment.address.port == str(tmp_path / "gone")
    assert (tmp_path / "told").read_text() == "stm-1\n"


def test_what_was_tried_for_a_port_in_vain_is_told(board: RigBoard) -> None:
    gone = replace(board, serial="gone", power="script:echo no hub; exit 4")
    words = r"tried in vain: power cycle \('echo no hub; exit 4' ended with exit code 4; it said: no hub\)"
    with pytest.raises(RigError, match=words) as caught, use(gone, "a sweep"):
        pass
    assert "\n" not in str(caught.value)


BOARD = RigBoard("b", "stm32f746")


@pytest.mark.parametrize(
    ("entry", "kinds"),
    [
        pytest.param(BOARD, [], id="nothing"),
        pytest.param(replace(BOARD, probe_id="066A"), [DebugProbe], id="probe"),
        pytest.param(replace(BOARD, probe_id="066A", runner="stlink", power="person"), [DebugProbe, Person], id="both"),
        pytest.param(replace(BOARD, probe_id="066A", runner="blackmagic"), [], id="pyocd does not know it"),
        pytest.param(replace(BOARD, probe_id="066A", runner="custom"), [], id="nobody knows it"),
        pytest.param(replace(BOARD, board="esp32", probe_id="0001"), [], id="a bridge is no probe"),
        pytest.param(replace(BOARD, power="uhubctl:1-1.4:2"), [HubPort], id="hub"),
        pytest.param(replace(BOARD, power="script:a:b c"), [PowerScript], id="script"),
        pytest.param(replace(BOARD, runner="virtual", probe_id="s"), [VirtualProbe, VirtualPower], id="virtual"),
        pytest.param(
            replace(BOARD, runner="virtual", probe_id="s", power="script:x"), [VirtualProbe, PowerScript], id="virtual+"
        ),
    ],
)
def test_an_entry_says_what_can_reset_its_board(entry: RigBoard, kinds: list[type]) -> None:
    assert [type(each) for each in drivers_of(entry)] == kinds


@pytest.mark.parametrize("power", ["uhubctl:2", "uhubctl:", "uhubctl:hub:2", "script:", "virtual", "nonsense"])
def test_power_that_nothing_switches_is_bad_input(power: str) -> None:
    with pytest.raises(InputError, match=r"^b: nothing switches its power by"):
        drivers_of(replace(BOARD, power=power))
