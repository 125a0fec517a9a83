"""One line out of what a failed build printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcubench.boards import known_board
from mcubench.errors import InputError, McubenchError, NoImageError, RigError
from mcubench.images.trouble import build_trouble, last_trouble

LD = "/usr/lib/gcc/arm-none-eabi/12.2.1/../../../arm-none-eabi/bin/ld: "
PIO = "Processing stm32f746-local (board: disco_f746ng)\n{}\n==== [FAILED] Took 1.61 seconds ====\n"
CASES = {
    "planner": (
        "embed_models: /m/big/model.tflite: needs an arena of at least 330008 bytes; the board has 229376",
        NoImageError,
        "/m/big/model.tflite: needs an arena of at least 330008 bytes; the board has 229376",
    ),
    "flash": (
        f"{LD}section `.text' will not fit in region `FLASH'\n{LD}region `FLASH' overflowed by 17536 bytes",
        NoImageError,
        "the image with big needs 1066112 bytes of flash, the board has 1048576: 17536 bytes too few",
    ),
    "two memories": (
        f"{LD}region `SRAM' overflowed by 24 bytes\n{LD}region `DTCM' overflowed by 8 bytes",
        NoImageError,
        "the image with big needs 24 bytes more than the board has in SRAM, needs 8 bytes more than the board has in",
    ),
    "library": ("library: pio-tflite-lib 1.1.1 is needed", InputError, "pio-tflite-lib 1.1.1 is needed"),
    "no compiler": (
        "build_info: arm-none-eabi-gcc does not run ([Errno 2]): run `make setup`",
        InputError,
        "arm-none-eabi-gcc does not run",
    ),
    "no Python": (
        "embed_models: ModuleNotFoundError: No module named 'tflite'; run `make setup`",
        InputError,
        "No module named 'tflite'",
    ),
    "compiler": ("firmware/x.c:3:5: error: expected ';'\n3 errors", RigError, "firmware/x.c:3:5: error: expected ';'"),
    "nothing": ("", RigError, "stm32f746 with big failed"),
}


@pytest.mark.parametrize(("printed", "kind", "words"), CASES.values(), ids=CASES.keys())
def test_the_line_that_says_why_is_found(tmp_path: Path, printed: str, kind: type[McubenchError], words: str) -> None:
    log = tmp_path / "build.log"
    log.write_text(PIO.format(printed))
    board = known_board("stm32f746")
    assert board is not None
    error = build_trouble(board, "big", log)
    assert type(error) is kind
    assert words in str(error)
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("printed", "line"),
    {
        "OpenOCD": (
            "Uploading .pio/build/x/firmware.elf\nOpen On-Chip Debugger 0.12.0\nError: open failed\n"
            "** OpenOCD init failed **\nshutdown command invoked\n*** [upload] Error 1",
            "** OpenOCD init failed **",
        ),
        "colours": (
            "\x1b[31mupload: v1.probe: the virtual board went away\x1b[0m",
            "v1.probe: the virtual board went away",
        ),
        "no trouble": ("Uploading firmware.elf\nsomething else", "something else"),
        "nothing": ("", "it printed nothing"),
    }.values(),
)
def test_the_line_of_a_failed_upload_is_found(printed: str, line: str) -> None:
    assert last_trouble(PIO.format(printed)) == (line if printed else "it printed nothing")
