"""What a board's settings, its image's flags and its kernels say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mcubench.lint.facts import BOARDS, core_of
from mcubench.lint.finding import Finding
from mcubench.store import Record

__all__ = ["check_build", "check_clock", "check_switches", "check_timing", "check_type"]

# Settings that a board may report, "1" for on, and what they are called.
SWITCHES = {
    "icache": "instruction cache",
    "dcache": "data cache",
    "art": "flash accelerator (ART)",
    "prefetch": "flash prefetch",
}
# Modelled, mnist-int8 and mnist-float32 on the virtual boards at their fastest clock.
CACHES_OFF = {"cortex-m7": (9.0, "mnist-int8, STM32F746 at 216 MHz"), "cortex-m4": (1.4, "mnist-int8, nRF52840")}
NO_DSP = {"cortex-m7": (3.3, "mnist-int8, STM32F746"), "cortex-m4": (2.8, "mnist-int8, nRF52840")}
REFERENCE_KERNELS = {
    "cortex-m7": (13.4, "mnist-int8, STM32F746, against the generated engine"),
    "cortex-m4": (16.5, "mnist-int8, nRF52840, against the generated engine"),
}
# Modelled on the STM32F746 at 216 MHz, against -O3 with the FPU, by what a model computes in; None: not known.
SIZE_OPTIMISED = {"int8": (1.22, "mnist-int8, STM32F746"), "float32": (4.63, "mnist-float32, STM32F746")}
NO_FPU = {"float32": (23.2, "mnist-float32, STM32F746")}
OPTIMISED = ("-O2", "-O3", "-Ofast")
# The time of samples that nothing disturbs differs by less.
SPREAD = 1.02
COLD = 1.3


def check_switches(record: Record, others: Sequence[Record]) -> Iterator[Finding]:
    """Caches and accelerators that are off."""
    off = [key for key in SWITCHES if record.settings.get(key) == "0"]
    if not off:
        return
    names = ", ".join(SWITCHES[key] for key in off)
    better = [
        other
        for other in others
        if other.clock_hz == record.clock_hz and all(other.settings.get(key) == "1" for key in off)
    ]
    speedup, basis = _from_point(record, better) or _known(CACHES_OFF, record.core)
    yield Finding("caches", f"off: {names}", "switch it on before main()", speedup, basis)


def check_clock(record: Record, others: Sequence[Record]) -> Iterator[Finding]:
    """A slower clock than the board's fastest, a clock that is not what was set, and more wait states than needed."""
    board = BOARDS.get(record.board)
    if board is None or record.clock_hz is None:
        return
    if record.clock_hz < 0.99 * board.fastest_hz:
        faster = [other for other in others if (other.clock_hz or 0) > record.clock_hz]
        most = board.fastest_hz / record.clock_hz
        speedup, basis = _from_point(record, faster) or (most, "if cycles stay the same; wait states take some of it")
        yield Finding(
            "clock",
            f"{record.clock_hz / 1e6:g} of {board.fastest_hz / 1e6:g} MHz",
            "raise the CPU clock, if the power budget lets you",
            speedup,
            basis,
        )
    yield from _check_wait_states(record, board.wait_state_hz)


def _check_wait_states(record: Record, step_hz: int | None) -> Iterator[Finding]:
    states = record.settings.get("wait_states", "")
    if step_hz is None or record.clock_hz is None or not states.isdigit():
        return
    needed = -(-record.clock_hz // step_hz) - 1
    if int(states) > needed:
        yield Finding(
            "wait-states",
            f"{states} flash wait states at {record.clock_hz / 1e6:g} MHz",
            f"{needed} are enough at 2.7 V and more",
        )


def check_build(record: Record) -> Iterator[Finding]:
    """Optimisation, floating point and kernels of the image."""
    core = core_of(record.core)
    level = ["", *re.findall(r"(?<!\S)-O\w*", record.flags)][-1]
    kind = "float32" if "float" in record.model else "int8"
    if level not in OPTIMISED and "-std" in record.flags:
        worth = _known(SIZE_OPTIMISED, kind) if level == "-Os" else (None, "")
        yield Finding("flags", f"compiled with {level or 'no -O'}", "compile engine and models with -O3", *worth)
    if core is None:
        return
    if core.fpu and ("-mfpu" not in record.flags or "-mfloat-abi=soft" in record.flags):
        yield Finding(
            "fpu", "the image does not use the core's FPU", "-mfpu=... -mfloat-abi=hard", *_known(NO_FPU, kind)
        )
    if core.dsp and record.engine_kernels == "c":
        yield Finding(
            "kernels", "plain C kernels", "build the kernels for the DSP extension", *_known(NO_DSP, record.core)
        )
    if record.engine_kernels == "reference":
        yield Finding(
            "kernels",
            "reference kernels, which are written to be read",
            "use optimised ones (CMSIS-NN, ESP-NN) or another engine",
            *_known(REFERENCE_KERNELS, record.core),
        )


def check_timing(record: Record) -> Iterator[Finding]:
    """What the samples themselves show."""
    low, high = record.cycles_min, record.cycles_max
    if low and high and high > SPREAD * low:
        yield Finding(
            "jitter",
            f"samples from {low:,} to {high:,} cycles",
            "something runs beside the network: interrupts, DMA, another core",
            high / low,
            "the slowest against the quickest sample",
        )
    if record.cold_cycles and record.cycles_median and record.cold_cycles > COLD * record.cycles_median:
        yield Finding(
            "cold",
            f"{record.cold_cycles / record.cycles_median:.2f} times the cycles when caches are empty",
            "an inference now and then is a cold one: plan with the cold figure",
        )


def check_type(record: Record, int8: Record | None) -> Iterator[Finding]:
    """A float32 network whose int8 version is in the same run, and quicker."""
    if int8 is None or int8 is record or not record.latency_us_median or not int8.latency_us_median:
        return
    if int8.latency_us_median < record.latency_us_median:
        scores = "" if record.score is None or int8.score is None else f" ({record.score:.3f} to {int8.score:.3f})"
        yield Finding(
            "float32",
            "computes in float32",
            f"use {int8.model}, if its score will do{scores}",
            record.latency_us_median / int8.latency_us_median,
            f"{int8.model} at clock {int8.settings.get('name', '?')} of this run, {int8.timing}",
        )


def _from_point(record: Record, better: Sequence[Record]) -> tuple[float, str] | None:
    """Return the speed-up that the quickest of other points of the same run shows."""
    timed = [other for other in better if other.latency_us_median]
    if not timed or not record.latency_us_median:
        return None
    best = min(timed, key=lambda other: other.latency_us_median or 0.0)
    speedup = record.latency_us_median / (best.latency_us_median or 1.0)
    return speedup, f"clock {best.settings.get('name', '?')} of this run, {best.timing}"


def _known(figures: dict[str, tuple[float, str]], key: str) -> tuple[float | None, str]:
    speedup, basis = figures.get(key, (None, ""))
    return speedup, f"{basis}, modelled" if basis else ""
