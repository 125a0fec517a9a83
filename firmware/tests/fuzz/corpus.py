"""Seeds for the fuzzer: conversations that reach every command and every frame type.

Writes one file per seed into the folder given on the command line. The format is that of fuzz_core.c: a step, a
number of bytes, the bytes.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

RAW, LINE, DATA, FRAME, SILENCE, MODEL, LOSE, AGAIN = range(8)
SEEK, POLL, ECHO = 2, 3, 5
ECHO_MODEL, BIG_MODEL, NO_MODEL, DEEP_MODEL = range(4)

COMMANDS = [
    "help", "info", "models", "model echo", "model 1", "model broken", "clocks", "clock 16 icache=0", "clock 288",
    "clock 288 overclock=1", "tick", "run 3", "run 20 cold=1", "layers", "reset", "nothing", "run x", "model", "#tick",
    "#run 9", "#reset", "#clock 216", "mark 7", "baud 115200", "baud 3", "#info",
    "model deep", "tick #7:00000000", "  info  ",
]  # fmt: skip


def step(kind: int, content: bytes = b"") -> bytes:
    return bytes([kind, len(content)]) + content


def counted(kind: int, number: int) -> bytes:
    """Return a step whose size is what counts: MODEL, LOSE, AGAIN, SILENCE."""
    return step(kind, bytes(number))


def frame(kind: int, payload: bytes = b"") -> bytes:
    return step(FRAME, bytes([kind]) + payload)


def data(ahead: int, unit: int, count: int, times_11: bool = False) -> bytes:
    """Return DATA that begins so many units (1, 8, 64 or 977 bytes) from what is expected."""
    return step(DATA, struct.pack("<bBB", ahead, unit + 4 * times_11, count))


def seeds() -> list[bytes]:
    echo, big, deep = (counted(MODEL, model) for model in (ECHO_MODEL, BIG_MODEL, DEEP_MODEL))
    poll = frame(POLL)
    vectors = data(0, 0, 79)
    return [
        *(echo + step(LINE, command.encode()) for command in COMMANDS),
        echo + step(DATA) * 3 + poll + step(SILENCE),
        echo + vectors + frame(SEEK, struct.pack("<Q", 8)) + vectors + frame(SEEK, bytes(7)) + poll,
        echo + data(1, 2, 255) + data(2, 3, 255) + poll + data(0, 0, 63) + poll + data(0, 0, 63) + poll,
        echo + data(2, 2, 232, times_11=True) + data(0, 0, 11, times_11=True) + poll + data(-1, 2, 200) + poll,
        echo + data(127, 2, 255) + data(8, 3, 255) + data(9, 3, 255) + poll,
        echo + data(0, 0, 232, times_11=True) * 2 + counted(AGAIN, 5) + counted(AGAIN, 200) + vectors + poll,
        echo + vectors + counted(LOSE, 1) + vectors + counted(LOSE, 127) + poll + counted(LOSE, 255) + vectors,
        echo + frame(ECHO, b"\x00\x01\xff echo") + counted(LOSE, 3) + frame(ECHO, bytes(254)),
        big + data(0, 0, 232, times_11=True) * 9 + step(LINE, b"layers") + counted(AGAIN, 1),
        deep + vectors + counted(AGAIN, 3) + poll,
        echo + step(RAW, b"\x00\x01\x02") + step(SILENCE) + step(LINE, b"tick"),
        echo + frame(SEEK, struct.pack("<Q", 8 * (2**32 - 1))) + vectors + counted(AGAIN, 1) + poll,
        step(RAW, b"\x00\x01" + b"\xff" * 250) * 9 + step(RAW, b"\x00\x00\n") + step(LINE, b"info"),
        step(RAW, b"a" * 255) * 2 + step(RAW, b"\n\x80\n\r\n"),
        counted(MODEL, NO_MODEL) + vectors + frame(SEEK, bytes(8)) + frame(0x7F) + counted(AGAIN, 1),
    ]


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds()):
        (folder / f"seed-{number:02}").write_bytes(seed)


if __name__ == "__main__":
    main()
