"""Seeds for the fuzzer: conversations that reach every command and every frame type.

Writes one file per seed into the folder given on the command line. The format is that of fuzz_core.c: a step, a
number of bytes, the bytes.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

RAW, LINE, DATA_NEXT, FRAME, SILENCE, MODEL = range(6)

COMMANDS = [
    "help", "info", "models", "model echo", "model 1", "model broken", "clocks", "clock 16 icache=0", "clock 288",
    "clock 288 overclock=1", "tick", "run 3", "run 20 cold=1", "layers", "reset", "nothing", "run x", "model", "#tick",
    "#run 9", "#reset", "#clock 216", "tick #7:00000000", "  info  ",
]  # fmt: skip


def step(kind: int, content: bytes = b"") -> bytes:
    return bytes([kind, len(content)]) + content


def model(index: int) -> bytes:
    return step(MODEL, bytes(index))


def frame(kind: int, payload: bytes = b"") -> bytes:
    return step(FRAME, bytes([kind]) + payload)


def seeds() -> list[bytes]:
    data = step(DATA_NEXT, bytes(range(8)))
    return [
        *(model(0) + step(LINE, command.encode()) for command in COMMANDS),
        model(0) + data * 3 + frame(3) + step(SILENCE),
        model(0) + data + frame(2, struct.pack("<Q", 8)) + data + frame(1, struct.pack("<Q", 99) + b"gap") + frame(3),
        model(1) + step(DATA_NEXT, b"\x00\x01" * 127) * 20 + step(LINE, b"layers"),
        model(0) + step(DATA_NEXT, b"\xee" + bytes(7)) + step(LINE, b"run 1") + step(LINE, b"layers"),
        model(0) + step(RAW, b"\x00\x01\x02") + step(SILENCE) + step(LINE, b"tick"),
        step(RAW, b"\x00\x01" + b"\xff" * 250) * 9 + step(RAW, b"\x00\x00\n") + step(LINE, b"info"),
        step(RAW, b"a" * 255) * 2 + step(RAW, b"\n\x80\n\r\n"),
        model(2) + data + frame(2, bytes(8)) + frame(0x7F),
    ]


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds()):
        (folder / f"seed-{number:02}").write_bytes(seed)


if __name__ == "__main__":
    main()
