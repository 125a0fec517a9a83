"""Crashes of the real firmware on the virtual chips: what the board says after each, and that it goes on."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass

import pytest
from core_boards import FIRMWARE

pytest.importorskip("unicorn", reason="the emulator comes with the extra `virtual`")

from mcubench.image_layout import ImageLayout, read_layout
from mcubench.virtual.board import VirtualBoard
from mcubench.virtual.chips import CHIPS
from mcubench.virtual.loader import load_image

# In the order of firmware/tests/crash/crash.c.
CRASHES = (
    "undefined", "undefined_with_floats", "bad_read", "bad_jump", "breakpoint", "endless_recursion", "large_frame",
    "lost_stack", "give_up", "leave", "hang", "crash_before_main",
)  # fmt: skip
UNDEFINSTR, PRECISERR, BFARVALID, STKERR = 1 << 16, 1 << 9, 1 << 15, 1 << 12
STACK = range(0x20000000, 0x20002000)
ANSWER_S = 1.0  # of virtual time
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


class Wire:
    """The far end of the line, in this process."""

    name = "wire"

    def __init__(self) -> None:
        self.to_board = self.from_board = b""

    def read(self) -> bytes:
        data, self.to_board = self.to_board, b""
        return data

    def write(self, data: bytes) -> None:
        self.from_board += data

    def wait(self, timeout_s: float) -> None:
        """More comes only when the board does not run."""

    def close(self) -> None:
        """Nothing is open."""


class Conversation:
    """A board that was just switched on."""

    def __init__(self, chip: str, image: ImageLayout) -> None:
        self._wire = Wire()
        self._board = VirtualBoard(CHIPS[chip], load_image(image.path), self._wire, [], strict=True)
        assert self.until("boot").endswith("count=1 cause=power-on")

    def until(self, kind: str, seconds: float = ANSWER_S) -> str:
        """Return the next line of this kind; what comes before it is forgotten."""
        end_s = self._board.now_s + seconds
        self._board.run(lambda: self._find(kind) >= 0 or self._board.now_s >= end_s)
        found = self._find(kind)
        assert found >= 0, f"no line `{kind}` within {seconds} s: {self._wire.from_board!r}"
        line = self._lines()[found]
        self._wire.from_board = self._wire.from_board.split(b"\n", found + 1)[-1]
        return line

    def _find(self, kind: str) -> int:
        """Return which of the lines is the first of this kind, -1 if none is."""
        return next((k for k, line in enumerate(self._lines()) if line.startswith(kind)), -1)

    def _lines(self) -> list[str]:
        """Return the whole lines that have come."""
        return [line.strip(b"\x00").decode() for line in self._wire.from_board.split(b"\n")[:-1]]

    def send(self, line: str) -> None:
        self._wire.to_board += line.encode() + b"\n"

    def crash(self, name: str) -> dict[str, str]:
        """Return the words of the `fault` line that follows."""
        self.send(f"mark {CRASHES.index(name) + 1}")
        assert "cause=fault" in self.until("boot")
        words = dict(word.split("=") for word in self.until("fault").split()[1:])
        self.send("tick")
        self.until("ok")
        return words


@pytest.fixture
def board(chip: str, image: ImageLayout) -> Conversation:
    return Conversation(chip, image)


@pytest.mark.parametrize("name", ["undefined", "undefined_with_floats"])
def test_undefined_instruction(board: Conversation, image: ImageLayout, name: str) -> None:
    words = board.crash(name)
    assert (words["boot"], words["kind"]) == ("1", "usage")
    assert int(words["pc"], 16) == image.symbols[f"here_{name}"] & ~1
    assert int(words["cfsr"], 16) == UNDEFINSTR
    assert words["sp"] == words["lr"]  # the program has put it there
    assert int(words["psr"], 16) & 1 << 24  # Thumb, as always
    assert words["hfsr"] == "00000000"
    assert words.keys() == {"boot", "kind", "pc", "lr", "psr", "sp", "cfsr", "hfsr"}


def test_access_where_there_is_nothing(board: Conversation, image: ImageLayout) -> None:
    words = board.crash("bad_read")
    assert (words["kind"], words["bfar"]) == ("bus", "70000000")
    assert int(words["pc"], 16) == image.symbols["here_bad_read"] & ~1
    assert int(words["cfsr"], 16) == PRECISERR | BFARVALID


def test_jump_to_where_no_code_may_be(board: Conversation, image: ImageLayout) -> None:
    words = board.crash("bad_jump")
    assert (words["kind"], words["pc"]) == ("memory", "40000000")
    assert int(words["lr"], 16) & ~1 == image.symbols["after_bad_jump"] & ~1


def test_breakpoint_without_a_debugger(board: Conversation, image: ImageLayout) -> None:
    words = board.crash("breakpoint")
    assert words["kind"] == "hard"
    assert int(words["pc"], 16) == image.symbols["here_breakpoint"] & ~1
    assert int(words["hfsr"], 16) & 1 << 31  # DEBUGEVT


@pytest.mark.parametrize("name", ["endless_recursion", "large_frame"])
def test_stack_overflow(board: Conversation, name: str) -> None:
    words = board.crash(name)
    assert words["kind"] == "stack-overflow"
    assert int(words["sp"], 16) < STACK.start + 256
    assert "pc" not in words or int(words["sp"], 16) in STACK


def test_stack_pointer_that_was_lost(board: Conversation) -> None:
    words = board.crash("lost_stack")
    assert words["kind"] in {"bus", "hard"}
    assert int(words["cfsr"], 16) & STKERR
    assert not {"pc", "lr", "psr"} & words.keys()


@pytest.mark.parametrize("name", ["give_up", "leave"])
def test_library_that_gives_up(board: Conversation, image: ImageLayout, name: str) -> None:
    words = board.crash(name)
    assert words["kind"] == "exit"
    assert int(words["pc"], 16) in range(image.symbols[name] & ~1, (image.symbols[name] & ~1) + 8, 2)


def test_crash_before_main(board: Conversation, image: ImageLayout) -> None:
    words = board.crash("crash_before_main")
    assert (words["kind"], words["boot"]) == ("usage", "2")  # boot 1 only asked for it
    assert int(words["pc"], 16) == image.symbols["here_before_main"] & ~1


def test_one_crash_after_the_other(board: Conversation) -> None:
    assert board.crash("undefined")["boot"] == "1"
    assert board.crash("endless_recursion")["boot"] == "2"
    assert board.crash("give_up")["boot"] == "3"
    board.send("reset")
    assert board.until("boot").endswith("count=5 cause=software")
    board.send("info")
    assert board.until("boot").startswith("boot count=5 cause=software mark=0 watchdog_ms=")
    assert board.until("fault").startswith("fault boot=3 kind=exit ")


def test_watchdog_ends_a_hang_and_nothing_else(board: Conversation) -> None:
    board.send(f"mark {CRASHES.index('hang') + 1}")
    assert board.until("boot", WATCHDOG_S).endswith(" cause=watchdog")
    board.send("info")
    assert board.until("ok") == "ok protocol=2"
