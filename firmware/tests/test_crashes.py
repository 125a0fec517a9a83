"""Crashes of the real firmware on the virtual chips: what the board says after each, and that it goes on."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass

import pytest
from core_boards import FIRMWARE

pytest.importorskip("unicorn", reason="the emulator comes with the extra `virtual`")

from wired_board import WiredBoard

from mcubench.image_layout import ImageLayout, read_layout

# In the order of firmware/tests/crash/crash.c.
CRASHES = (
    "undefined", "undefined_with_floats", "bad_read", "bad_jump", "breakpoint", "endless_recursion", "large_frame",
    "lost_stack", "give_up", "leave", "hang", "crash_before_main", "work_for_20_s",
)  # fmt: skip
UNDEFINSTR, PRECISERR, BFARVALID, STKERR = 1 << 16, 1 << 9, 1 << 15, 1 << 12
STACK = range(0x20000000, 0x20002000)
WATCHDOG_S = 40.0


@dataclass(frozen=True)
class Port:
    folder: str
    script: str
    options: tuple[str, ...]


PORTS = {
    "stm32f746": Port("stm32f746", "stm32f746.ld", ("-mcpu=cortex-m7", "-mfpu=fpv5-sp-d16")),
    "nrf52840": Port("nrf52", "nrf52840.ld", ("-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16")),
}


@pytest.fixture(scope="module", params=PORTS)
def chip(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def image(chip: str, tmp_path_factory: pytest.TempPathFactory) -> ImageLayout:
    """The firmware without engine and models, and with ways to crash."""
    if shutil.which("arm-none-eabi-gcc") is None:
        pytest.skip("no arm-none-eabi-gcc: run `make setup`")
    out = tmp_path_factory.mktemp(chip)
    (out / "models.ld").write_text("")
    port = PORTS[chip]
    folders = [FIRMWARE / name for name in ("common", "cortex_m", port.folder, "engines/none", "tests/crash")]
    sources = [path for folder in folders for path in sorted(folder.glob("*.c"))]
    core = ["-std=gnu11", "-Os", "-g", "-mthumb", "-mfloat-abi=hard", *port.options]
    sections = ["-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections", "-nostartfiles"]
    script = [f"-L{out}", f"-L{FIRMWARE / 'cortex_m'}", f"-T{FIRMWARE / port.folder / port.script}"]
    includes = [f"-I{folder}" for folder in folders]
    elf = out / "firmware.elf"
    command = ["arm-none-eabi-gcc", *core, *sections, "-Wl,--wrap=command_mark", *includes, *map(str, sources), *script]
    subprocess.run([*command, "-o", str(elf)], check=True, timeout=120)
    return read_layout(elf)


def crash(board: WiredBoard, name: str) -> dict[str, str]:
    """Return the words of the `fault` line that follows; the board answers again."""
    board.send(f"mark {CRASHES.index(name) + 1}")
    assert "cause=fault" in board.until("boot")
    words = dict(word.split("=") for word in board.until("fault").split()[1:])
    board.send("tick")
    board.until("ok")
    return words


@pytest.fixture
def board(chip: str, image: ImageLayout) -> WiredBoard:
    started = WiredBoard(chip, image.path)
    assert started.until("boot").endswith("count=1 cause=power-on")
    return started


@pytest.mark.parametrize("name", ["undefined", "undefined_with_floats"])
def test_undefined_instruction(board: WiredBoard, image: ImageLayout, name: str) -> None:
    words = crash(board, name)
    assert (words["boot"], words["kind"]) == ("1", "usage")
    assert int(words["pc"], 16) == image.symbols[f"here_{name}"] & ~1
    assert int(words["cfsr"], 16) == UNDEFINSTR
    assert words["sp"] == words["lr"]  # the program has put it there
    assert int(words["psr"], 16) & 1 << 24  # Thumb, as always
    assert words["hfsr"] == "00000000"
    assert words.keys() == {"boot", "kind", "pc", "lr", "psr", "sp", "cfsr", "hfsr"}


def test_access_where_there_is_nothing(board: WiredBoard, image: ImageLayout) -> None:
    words = crash(board, "bad_read")
    assert (words["kind"], words["bfar"]) == ("bus", "70000000")
    assert int(words["pc"], 16) == image.symbols["here_bad_read"] & ~1
    assert int(words["cfsr"], 16) == PRECISERR | BFARVALID


def test_jump_to_where_no_code_may_be(board: WiredBoard, image: ImageLayout) -> None:
    words = crash(board, "bad_jump")
    assert (words["kind"], words["pc"]) == ("memory", "40000000")
    assert int(words["lr"], 16) & ~1 == image.symbols["after_bad_jump"] & ~1


def test_breakpoint_without_a_debugger(board: WiredBoard, image: ImageLayout) -> None:
    words = crash(board, "breakpoint")
    assert words["kind"] == "hard"
    assert int(words["pc"], 16) == image.symbols["here_breakpoint"] & ~1
    assert int(words["hfsr"], 16) & 1 << 31  # DEBUGEVT


@pytest.mark.parametrize("name", ["endless_recursion", "large_frame"])
def test_stack_overflow(board: WiredBoard, name: str) -> None:
    words = crash(board, name)
    assert words["kind"] == "stack-overflow"
    assert int(words["sp"], 16) < STACK.start + 256
    assert "pc" not in words or int(words["sp"], 16) in STACK


def test_stack_pointer_that_was_lost(board: WiredBoard) -> None:
    words = crash(board, "lost_stack")
    assert words["kind"] in {"bus", "hard"}
    assert int(words["cfsr"], 16) & STKERR
    assert not {"pc", "lr", "psr"} & words.keys()


@pytest.mark.parametrize("name", ["give_up", "leave"])
def test_library_that_gives_up(board: WiredBoard, image: ImageLayout, name: str) -> None:
    words = crash(board, name)
    assert words["kind"] == "exit"
    assert int(words["pc"], 16) in range(image.symbols[name] & ~1, (image.symbols[name] & ~1) + 8, 2)


def test_crash_before_main(board: WiredBoard, image: ImageLayout) -> None:
    words = crash(board, "crash_before_main")
    assert (words["kind"], words["boot"]) == ("usage", "2")  # boot 1 only asked for it
    assert int(words["pc"], 16) == image.symbols["here_before_main"] & ~1


def test_one_crash_after_the_other(board: WiredBoard) -> None:
    assert crash(board, "undefined")["boot"] == "1"
    assert crash(board, "endless_recursion")["boot"] == "2"
    assert crash(board, "give_up")["boot"] == "3"
    board.send("reset")
    assert board.until("boot").endswith("count=5 cause=software")
    board.send("info")
    assert board.until("boot").startswith("boot count=5 cause=software mark=0 watchdog_ms=")
    assert board.until("fault").startswith("fault boot=3 kind=exit ")


def test_watchdog_ends_a_hang(board: WiredBoard) -> None:
    board.send(f"mark {CRASHES.index('hang') + 1}")
    assert board.until("boot", WATCHDOG_S).endswith(" cause=watchdog")
    board.send("info")
    assert board.until("ok") == "ok protocol=2"


def test_watchdog_lets_work_be_that_takes_less(board: WiredBoard) -> None:
    for _ in range(2):
        board.send(f"mark {CRASHES.index('work_for_20_s') + 1}")
        assert board.until("", WATCHDOG_S).startswith("ok mark=")
