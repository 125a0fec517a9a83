"""The boards that this repository has firmware for, and the PC as two more."""

from __future__ import annotations

from dataclasses import dataclass

from mcubench.link import DEFAULT_BAUD

__all__ = ["DEFAULT_ENGINE", "KNOWN_BOARDS", "KnownBoard", "build_command", "known_board", "virtual_chips"]

# What an engine needs that this repository does not hold.
NEEDS = {
    "tflm": "it needs TensorFlow Lite Micro in $MCUBENCH_LIB_DIR, see docs/tflm.md",
    "xcubeai": "it needs ST's files, see docs/xcubeai.md",
}
# PlatformIO environments name an engine unless it is this one.
DEFAULT_ENGINE = "generated"


@dataclass(frozen=True)
class KnownBoard:
    """`name` is what `info` answers, `engines` what can be built for it; `address` finds it without any hardware.

    `baud` is what its serial port runs at. `flash_bytes` and `arena_bytes` are the most that an image may take and the
    most that it may have for an arena, as platformio.ini and the linker script say; None where they do not.
    """

    name: str
    product: str
    core: str
    engines: tuple[str, ...]
    virtual: bool
    address: str | None
    baud: int = DEFAULT_BAUD
    flash_bytes: int | None = None
    arena_bytes: int | None = None

    def environment(self, engine: str) -> str:
        """Return the PlatformIO environment that people flash the board with."""
        return self.name if engine == DEFAULT_ENGINE else f"{self.name}-{engine}"


OPEN = ("generated", "tflm")
KNOWN_BOARDS = (
    KnownBoard(
        "stm32f746",
        "STM32F746G-DISCO",
        "Cortex-M7, 16 to 216 MHz",
        (*OPEN, "xcubeai"),
        True,
        "virtual:stm32f746",
        flash_bytes=1 << 20,
        arena_bytes=229_376,
    ),
    KnownBoard(
        "nrf52840",
        "nRF52840-DK",
        "Cortex-M4F, 64 MHz",
        OPEN,
        True,
        "virtual:nrf52840",
        flash_bytes=1 << 20,
        arena_bytes=172_032,
    ),
    KnownBoard(
        "esp32",
        "ESP32 DevKit",
        "Xtensa LX6, 80 to 240 MHz",
        OPEN,
        False,
        None,
        921_600,
        arena_bytes=118_784,
    ),
    KnownBoard(
        "cortex-m0",
        "a bare core, 32 KB flash, 4 KB RAM",
        "Cortex-M0, 8 to 48 MHz",
        ("generated",),
        True,
        "virtual:cortex-m0",
        flash_bytes=32 << 10,
        arena_bytes=3200,
    ),
    KnownBoard("native", "this PC, compiled C", "counts time", ("generated",), False, "native"),
    KnownBoard("python", "this PC, Python packages", "counts time", ("tflm", "litert"), False, "python:<engine>"),
)


def known_board(name: str) -> KnownBoard | None:
    """Return the board that calls itself `name` in `info`."""
    return next((board for board in KNOWN_BOARDS if board.name == name), None)


def virtual_chips() -> list[str]:
    """Return the names that `--board virtual:<name>` takes."""
    return [board.name for board in KNOWN_BOARDS if board.virtual]


def build_command(environment: str, engine: str) -> str:
    """Return what builds an image, for messages."""
    needs = f" ({NEEDS[engine]})" if engine in NEEDS else ""
    return f"pio run -e {environment}{needs}"
