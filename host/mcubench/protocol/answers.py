"""What a board's answers say, as types, and how each is read; docs/protocol.md section 2 explains the words.

Readers raise ValueError when an answer is not complete; the client then asks again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from mcubench.protocol.text import Line

__all__ = [
    "Answer",
    "BoardInfo",
    "ClockSetting",
    "ClockState",
    "ClockTable",
    "InferenceRun",
    "Layer",
    "LayerPass",
    "ModelInfo",
    "Tick",
    "read_clock_state",
    "read_clocks",
    "read_info",
    "read_layers",
    "read_model",
    "read_models",
    "read_run",
    "read_tick",
]

# docs/protocol.md: the unique id of a virtual board begins with ASCII "virtual".
VIRTUAL_UID_PREFIX = b"virtual".hex()

T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """The data lines and the final line `ok ...` to one command."""

    data: tuple[Line, ...]
    final: Line

    def lines(self, kind: str) -> list[Line]:
        """Return the data lines of one kind, in order."""
        return [line for line in self.data if line.kind == kind]

    def line(self, kind: str) -> Line:
        """Return the only data line of a kind; ValueError if there is not exactly one."""
        lines = self.lines(kind)
        if len(lines) != 1:
            raise ValueError(f"expected one line '{kind}', got {len(lines)}")
        return lines[0]


@dataclass(frozen=True)
class BoardInfo:
    """Who the board is. Sizes are None where the board does not say."""

    protocol: int
    board: str
    core: str
    uid: str
    counts_time: bool  # its counter is a steady clock, not the CPU's: it reports time and no cycles
    build_id: str
    toolchain: str
    flags: str
    engine: str
    engine_version: str
    kernels: str
    window_bytes: int
    frame_bytes: int
    hold_bytes: int  # of vectors that came out of order; 0: it keeps nothing
    grain_bytes: int
    baud: int
    baud_max: int | None  # None: the rate cannot be changed, or means nothing
    noise: int
    crc_errors: int
    overruns: int
    flash_image_bytes: int | None
    flash_engine_bytes: int | None
    flash_harness_bytes: int | None
    ram_static_bytes: int | None
    rx_ring_bytes: int | None
    stack_bytes: int | None
    stack_used_bytes: int | None
    boot_count: int
    boot_cause: str
    mark: int
    watchdog_ms: int | None
    fault: dict[str, str] | None  # the words of the last crash since power-on

    @property
    def fault_of_last_boot(self) -> dict[str, str] | None:
        """The words of the crash that ended the boot before this one, None if that ended otherwise."""
        return self.fault if self.fault and self.fault.get("boot") == str(self.boot_count - 1) else None

    @property
    def timing(self) -> str:
        """`modelled` on a virtual board, `measured` on any other."""
        return "modelled" if self.uid.startswith(VIRTUAL_UID_PREFIX) else "measured"


@dataclass(frozen=True)
class ModelInfo:
    """A model in the board's image; `sha256` is that of its `.tflite` file.

    Sizes are None where the board does not say; `arena_bytes` may be known only after the model was selected.
    """

    index: int
    name: str
    sha256: str
    input_bytes: int
    input_type: str
    output_bytes: int
    output_type: str
    arena_bytes: int | None
    flash_bytes: int | None
    layers: int


@dataclass(frozen=True)
class ClockSetting:
    """A row of the board's clock table; `details` are the port's own words."""

    name: str
    hz: int
    overclock: bool
    details: dict[str, str]


@dataclass(frozen=True)
class ClockTable:
    """All settings, the switches that `clock` takes, and the setting that is active (None if none was chosen)."""

    settings: tuple[ClockSetting, ...]
    options: tuple[str, ...]
    selected: str | None


@dataclass(frozen=True)
class ClockState:
    """What the hardware's registers say after `clock`; `settings` are the port's words (icache, wait_states ...)."""

    name: str
    hz: int
    settings: dict[str, str]


@dataclass(frozen=True)
class Tick:
    """The cycle counter modulo 2^32, and the frequency that the board believes it has."""

    cycles: int
    hz: int


@dataclass(frozen=True)
class InferenceRun:
    """Cycles of every inference of one `run`, the counter's own cost already taken off."""

    model: str
    cold: bool
    cycles: tuple[int, ...]
    overhead_cycles: int
    input_crc32: int
    output_crc32: int
    stable: bool


@dataclass(frozen=True)
class Layer:
    """One layer's cycles; `op` is the TensorFlow Lite name."""

    index: int
    op: str
    cycles: int


@dataclass(frozen=True)
class LayerPass:
    """One inference with a counter read after every layer."""

    layers: tuple[Layer, ...]
    window_cycles: int
    sum_cycles: int
    output_crc32: int

    @property
    def unexplained_cycles(self) -> int:
        """What the layers leave of the whole window: engine overhead and the counter reads."""
        return self.window_cycles - self.sum_cycles


def read_info(answer: Answer) -> BoardInfo:
    """Read the answer to `info`."""
    board, build, engine = answer.line("board"), answer.line("build"), answer.line("engine")
    link, memory, boot = answer.line("link"), answer.line("memory"), answer.line("boot")
    faults = answer.lines("fault")
    return BoardInfo(
        protocol=answer.final.integer("protocol"),
        board=board.text("name"),
        core=board.text("core"),
        uid=board.text("uid"),
        counts_time=board.text("counts_time") == "1",
        build_id=build.text("id"),
        toolchain=build.text("toolchain"),
        flags=build.text("flags"),
        engine=engine.text("name"),
        engine_version=engine.text("version"),
        kernels=engine.text("kernels"),
        window_bytes=_at_least(1, link.integer("window")),
        frame_bytes=_at_least(1, link.integer("frame")),
        hold_bytes=_at_least(0, link.integer("hold")),
        grain_bytes=_at_least(1, link.integer("grain")),
        baud=_at_least(1, link.integer("baud")),
        baud_max=link.optional_integer("baud_max"),
        noise=link.integer("noise"),
        crc_errors=link.integer("crc_errors"),
        overruns=link.integer("overruns"),
        flash_image_bytes=memory.optional_integer("flash_image_bytes"),
        flash_engine_bytes=memory.optional_integer("flash_engine_bytes"),
        flash_harness_bytes=memory.optional_integer("flash_harness_bytes"),
        ram_static_bytes=memory.optional_integer("ram_static_bytes"),
        rx_ring_bytes=memory.optional_integer("rx_ring_bytes"),
        stack_bytes=memory.optional_integer("stack_bytes"),
        stack_used_bytes=memory.optional_integer("stack_used_bytes"),
        boot_count=boot.integer("count"),
        boot_cause=boot.text("cause"),
        mark=boot.integer("mark"),
        watchdog_ms=boot.optional_integer("watchdog_ms"),
        fault=faults[0].words if faults else None,
    )


def read_models(answer: Answer) -> tuple[ModelInfo, ...]:
    """Read the answer to `models`."""
    return tuple(_read_counted(answer, "model", _read_model_line))


def read_model(answer: Answer) -> ModelInfo:
    """Read the answer to `model <name>`."""
    return _read_model_line(answer.final)


def read_clocks(answer: Answer) -> ClockTable:
    """Read the answer to `clocks`."""
    options = tuple(line.text("name") for line in answer.lines("option"))
    return ClockTable(
        tuple(_read_counted(answer, "clock", _read_setting)), options, _none_or(answer.final.text("selected"))
    )


def read_clock_state(answer: Answer) -> ClockState:
    """Read the answer to `clock <name>`."""
    final = answer.final
    return ClockState(final.text("name"), _at_least(1, final.integer("hz")), _words_except(final, "name", "hz"))


def read_tick(answer: Answer) -> Tick:
    """Read the answer to `tick`."""
    return Tick(answer.final.integer("cycles"), _at_least(1, answer.final.integer("hz")))


def read_run(answer: Answer) -> InferenceRun:
    """Read the answer to `run`."""
    cycles: list[int] = []
    for line in answer.lines("cycles"):
        if line.integer("first") != len(cycles):
            raise ValueError(f"samples {len(cycles)} to {line.integer('first')} are missing")
        cycles += [_at_least(1, int(value)) for value in line.text("values").split(",")]
    if len(cycles) != answer.final.integer("n"):
        raise ValueError(f"expected {answer.final.text('n')} samples, got {len(cycles)}")
    return InferenceRun(
        model=answer.final.text("model"),
        cold=answer.final.text("cold") == "1",
        cycles=tuple(cycles),
        overhead_cycles=answer.final.integer("overhead_cycles"),
        input_crc32=answer.final.integer("input_crc32"),
        output_crc32=answer.final.integer("output_crc32"),
        stable=answer.final.text("stable") == "1",
    )


def read_layers(answer: Answer) -> LayerPass:
    """Read the answer to `layers`."""
    return LayerPass(
        layers=tuple(_read_counted(answer, "layer", _read_layer, "layers")),
        window_cycles=answer.final.integer("window_cycles"),
        sum_cycles=answer.final.integer("sum_cycles"),
        output_crc32=answer.final.integer("output_crc32"),
    )


def _read_model_line(line: Line) -> ModelInfo:
    return ModelInfo(
        index=line.integer("index"),
        name=line.text("name"),
        sha256=line.text("sha256"),
        input_bytes=_at_least(1, line.integer("input_bytes")),
        input_type=line.text("input_type"),
        output_bytes=_at_least(1, line.integer("output_bytes")),
        output_type=line.text("output_type"),
        arena_bytes=line.optional_integer("arena_bytes"),
        flash_bytes=line.optional_integer("flash_bytes"),
        layers=line.integer("layers"),
    )


def _read_setting(line: Line) -> ClockSetting:
    return ClockSetting(
        name=line.text("name"),
        hz=_at_least(1, line.integer("hz")),
        overclock=line.text("overclock") == "1",
        details=_words_except(line, "name", "hz", "overclock"),
    )


def _read_layer(line: Line) -> Layer:
    return Layer(line.integer("index"), line.text("op"), line.integer("cycles"))


def _read_counted(answer: Answer, kind: str, read: Callable[[Line], T], count: str = "count") -> list[T]:
    lines = answer.lines(kind)
    if len(lines) != answer.final.integer(count):
        raise ValueError(f"expected {answer.final.text(count)} lines '{kind}', got {len(lines)}")
    return [read(line) for line in lines]


def _words_except(line: Line, *taken: str) -> dict[str, str]:
    return {key: value for key, value in line.words.items() if key not in taken}


def _none_or(value: str) -> str | None:
    return None if value == "none" else value


def _at_least(least: int, value: int) -> int:
    if value < least:
        raise ValueError(f"{value} where at least {least} was expected")
    return value
