"""What PlatformIO is told for a real board: the image that was built, and the probe of the rig file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mcubench.boards import BoardAddress
from mcubench.errors import FlashError
from mcubench.flash import BoardKind, Built
from mcubench.flash.probe import upload_target
from mcubench.flash.upload import upload
from mcubench.images import Project
from mcubench.rig import RigBoard

ROOT = Path(__file__).resolve().parents[3]
MakeImage = Callable[[str, str], Path]


def flash(elf: Path, log: Path, **entry: Any) -> None:
    board = RigBoard(**{"name": "disco-1", "board": "stm32f746", **entry})
    built = Built(Project(ROOT), BoardKind.of(board), "generated", elf, "1", ())
    address = BoardAddress(board.name, port="/dev/ttyACM7")
    upload(board, upload_target(board, address, built), built, log)


def calls(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that nobody has asked for its exit code yet is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    ("runner", "flags"),
    [
        (None, ["-c", "adapter serial 066DFF55"]),  # stlink, says platformio.ini
        ("cmsis-dap", ["-c", "adapter serial 066DFF55"]),
        ("jlink", ["-SelectEmuBySN", "66DFF55"]),
    ],
)
def test_the_probe_of_the_entry_is_named_to_the_tool(
    double_core: Path, make_image: MakeImage, tmp_path: Path, runner: str | None, flags: list[str]
) -> None:
    elf = make_image("stm32f746", "1")
    flash(elf, tmp_path / "log", runner=runner, probe_id="066DFF55")
    (call,) = calls(double_core)
    assert (call["protocol"], call["flags"], call["port"]) == (runner or "stlink", flags, None)
    assert call["image"] == hashlib.sha256(elf.read_bytes()).hexdigest()
    assert call["probe"] == "066DFF55"


def test_a_boot_loader_is_asked_at_the_port_of_the_entry(
    double_core: Path, make_image: MakeImage, tmp_path: Path
) -> None:
    flash(make_image("stm32f746", "1"), tmp_path / "log", runner="esptool")
    (call,) = calls(double_core)
    assert (call["protocol"], call["flags"], call["port"]) == ("esptool", [], "/dev/ttyACM7")


def test_flags_that_somebody_set_stay(
    double_core: Path, make_image: MakeImage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLATFORMIO_UPLOAD_FLAGS", "-d2")
    flash(make_image("stm32f746", "1"), tmp_path / "log", probe_id="1")
    assert calls(double_core)[0]["flags"] == ["-d2", "-c", "adapter serial 1"]


def test_boards_flashed_at_once_get_each_its_own_image(
    double_core: Path, make_image: MakeImage, tmp_path: Path
) -> None:
    images = {serial: make_image("stm32f746", serial) for serial in ("1", "2", "3")}
    with ThreadPoolExecutor() as pool:
        for done in [
            pool.submit(flash, elf, tmp_path / f"log-{serial}", probe_id=serial) for serial, elf in images.items()
        ]:
            done.result()
    wanted = {serial: hashlib.sha256(elf.read_bytes()).hexdigest() for serial, elf in images.items()}
    assert {call["probe"]: call["image"] for call in calls(double_core)} == wanted


@pytest.mark.usefixtures("double_core")
def test_what_the_tool_said_last_is_in_the_error_and_all_of_it_in_the_log(
    make_image: MakeImage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UPLOADER_DOES", "fail: Error: open failed")
    with pytest.raises(FlashError, match=r"^disco-1: .*: Error: open failed; .* \(all of it: .*log\)$") as caught:
        flash(make_image("stm32f746", "1"), tmp_path / "log", probe_id="1")
    assert caught.value.exit_code == 3
    assert caught.value.log == str(tmp_path / "log")
    text = (tmp_path / "log").read_text()
    assert "Error: open failed" in text
    assert "--target=upload" in text


def test_a_tool_that_hangs_is_ended_with_all_its_processes(
    double_core: Path, make_image: MakeImage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UPLOADER_DOES", "hang")
    with pytest.raises(FlashError, match="flash_timeout = 10 s"):
        flash(make_image("stm32f746", "1"), tmp_path / "log", probe_id="1", flash_timeout_s=10.0)
    (call,) = calls(double_core)
    assert not is_alive(call["pid"])
