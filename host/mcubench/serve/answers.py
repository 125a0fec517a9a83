"""The lines of longer answers, as docs/protocol.md, section 2, has them."""

from __future__ import annotations

import zlib

from mcubench.protocol import PROTOCOL_VERSION
from mcubench.protocol.text import encode_value
from mcubench.serve.hold import GRAIN_BYTES, HOLD_BYTES
from mcubench.serve.platform import LayerTimes
from mcubench.serve.splitter import FRAME_BYTES
from mcubench.serve.state import BoardState
from mcubench.serve.stream import WINDOW_BYTES
from mcubench.serve.timing import Runs

__all__ = ["boot", "clock", "clocks", "info", "layers", "line", "model", "models", "run"]

# Of firmware/common/port.h, whose rules for clocks and counters this board keeps.
PORT_VERSION = 3
# Nominal, as on the native board: nothing paces a pty, and nothing else can be had.
BAUD = 921_600
SAMPLES_PER_LINE = 8


def line(kind: str, **words: str | int | None) -> str:
    """Return a line; a word whose value is None is not known and left out."""
    known = ((key, value) for key, value in words.items() if value is not None)
    return " ".join([kind, *(f"{key}={encode_value(str(value))}" for key, value in known)])


def boot(state: BoardState) -> str:
    """Return the line that a board sends when it starts."""
    return line(
        "boot",
        board=state.image.platform.name,
        protocol=PROTOCOL_VERSION,
        count=state.boot_count,
        cause=state.boot_cause,
    )


def info(state: BoardState) -> list[str]:
    """Return the answer to `info`."""
    engine, platform = state.image.engine, state.image.platform
    return [
        line(
            "board",
            name=platform.name,
            core=platform.core,
            uid=platform.uid,
            port_version=PORT_VERSION,
            counts_time=int(platform.counts_time),
        ),
        line("build", id=state.image.build_id, toolchain=platform.toolchain, flags=engine.flags),
        line("engine", name=engine.name, version=engine.version, kernels=engine.kernels),
        line(
            "link",
            window=WINDOW_BYTES,
            frame=FRAME_BYTES,
            hold=HOLD_BYTES,
            grain=GRAIN_BYTES,
            baud=BAUD,
            noise=state.noise_lines,
            crc_errors=state.stream.crc_errors,
            overruns=0,
        ),
        line("memory", **platform.memory()),
        line("boot", count=state.boot_count, cause=state.boot_cause, mark=state.mark),
        line("ok", protocol=PROTOCOL_VERSION),
    ]


def models(state: BoardState) -> list[str]:
    """Return the answer to `models`."""
    count = len(state.image.networks)
    selected = "none" if state.session is None else state.session.index
    return [*(model("model", state, index) for index in range(count)), line("ok", count=count, selected=selected)]


def model(kind: str, state: BoardState, index: int) -> str:
    """Return the line about one model."""
    network = state.image.networks[index]
    return line(
        kind,
        index=index,
        name=network.name,
        sha256=network.sha256,
        input_bytes=network.input_bytes,
        input_type=network.input_type,
        output_bytes=network.output_bytes,
        output_type=network.output_type,
        arena_bytes=state.image.arena_bytes[index],
        flash_bytes=network.flash_bytes,
        layers=network.layers,
    )


def clocks(state: BoardState) -> list[str]:
    """Return the answer to `clocks`."""
    platform = state.image.platform
    return [
        *(line("clock", name=each.name, hz=each.hz, overclock=0, **each.details) for each in platform.clocks),
        *(line("option", name=each) for each in platform.options),
        line("ok", count=len(platform.clocks), selected=platform.clock.name),
    ]


def clock(state: BoardState) -> list[str]:
    """Return the answer to `clock`."""
    now = state.image.platform.clock
    return [line("ok", name=now.name, hz=now.hz, **now.details)]


def layers(times: LayerTimes) -> list[str]:
    """Return the answer to `layers`."""
    return [
        *(line("layer", index=index, op=op, cycles=cycles) for index, (op, cycles) in enumerate(times.layers)),
        line(
            "ok",
            layers=len(times.layers),
            window_cycles=times.window_cycles,
            sum_cycles=sum(cycles for _, cycles in times.layers),
            output_crc32=f"{zlib.crc32(times.output):08x}",
        ),
    ]


def run(state: BoardState, name: str, cold: bool, runs: Runs) -> list[str]:
    """Return the answer to `run`."""
    lines = []
    for first in range(0, len(runs.cycles), SAMPLES_PER_LINE):
        values = ",".join(map(str, runs.cycles[first : first + SAMPLES_PER_LINE]))
        lines.append(line("cycles", first=first, values=values))
    final = line(
        "ok",
        n=len(runs.cycles),
        model=name,
        cold=int(cold),
        overhead_cycles=state.overhead_cycles,
        input_crc32=f"{runs.input_crc32:08x}",
        output_crc32=f"{runs.output_crc32:08x}",
        stable=int(runs.stable),
    )
    return [*lines, final]
