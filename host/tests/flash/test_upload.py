"""What PlatformIO is told for a real board: the image that was built, and the probe of the rig file."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mcubench.boards import BoardAddress
from mcubench.deadline import Deadline
from mcubench.errors import FlashError, InputError
from mcubench.flash import BoardKind, Built, build
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


def test_an_official_image_is_built_and_not_mistaken_for_that_of_a_virtual_board(
    double_core: Path, make_image: MakeImage, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOUBLE_BUILDS", str(make_image("stm32f746", "official")))
    built = build(project, BoardKind("stm32f746", False))
    assert (built.environment, built.build_id) == ("stm32f746", "official")
    assert [model.name for model in built.models or ()] == ["mnist-int8", "mnist-float32"]
    assert not double_core.exists()  # nothing was uploaded


def test_an_esp32_is_flashed_by_the_build_which_has_its_boot_loader(
    double_core: Path, make_image: MakeImage, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compilers = tmp_path / "bin"
    compilers.mkdir()
    # A double, which is asked for its version.
    (compilers / "xtensa-esp32-elf-gcc").symlink_to(str(shutil.which("arm-none-eabi-gcc")))
    monkeypatch.setenv("PATH", str(compilers), prepend=os.pathsep)
    monkeypatch.setenv("DOUBLE_BUILDS", str(make_image("esp32", "1")))
    board = RigBoard(name="kit-1", board="esp32")
    built = build(project, BoardKind.of(board))
    target = upload_target(board, BoardAddress("kit-1", port="/dev/ttyUSB3"), built)
    upload(board, target, built, tmp_path / "log")
    (call,) = calls(double_core)
    assert (call["protocol"], call["flags"], call["port"]) == ("esptool", [], "/dev/ttyUSB3")
    assert "nobuild" not in (tmp_path / "log").read_text()
    brought = replace(built, models=None)
    with pytest.raises(InputError, match="leave --firmware out"):
        upload(
            board, upload_target(board, BoardAddress("kit-1", port="/dev/ttyUSB3"), built), brought, tmp_path / "log"
        )


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
    ending = Deadline.after(10.0)  # who was sent SIGKILL is gone a moment later
    while is_alive(call["pid"]) and not ending.expired:
        time.sleep(0.01)
    assert not is_alive(call["pid"])
