"""What the cycle model is told about a chip: its memories, their state, its core and caches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from mcubench.virtual.timing import cortex_m0, cortex_m4, cortex_m7
from mcubench.virtual.timing.instruction import Instruction

__all__ = [
    "CORTEX_M4",
    "CORTEX_M7",
    "NO_CACHE",
    "CacheGeometry",
    "CoreModel",
    "MemoryCosts",
    "MemoryKind",
    "MemoryRegion",
    "MemoryState",
    "make_cortex_m0",
]

MemoryKind = Literal["flash", "sram", "dtcm", "itcm", "device"]


@dataclass(frozen=True)
class MemoryRegion:
    """A range of addresses with one access cost; `cached` means that the L1 caches, when on, hold its lines.

    Flash that is not cached is the flash behind an accelerator (STM32F7: the ITCM interface at 0x00200000).
    """

    name: str
    start: int
    size: int
    kind: MemoryKind
    cached: bool

    def holds(self, address: int, size: int = 1) -> bool:
        """Return whether all of `size` bytes at `address` lie in this range."""
        return self.start <= address and address + size <= self.start + self.size


@dataclass(frozen=True)
class MemoryState:
    """What the firmware has switched on; changes while it runs.

    `prefetch` is the flash accelerator (ART and its prefetch on STM32F7); `flash_wait_states` are those of the flash
    interface, in CPU clock cycles.
    """

    icache: bool
    dcache: bool
    prefetch: bool
    flash_wait_states: int


@dataclass(frozen=True)
class CacheGeometry:
    """Sets, ways and the length of a line; sets and line are powers of two (no cache: no sets)."""

    sets: int
    ways: int
    line_bytes: int


NO_CACHE = CacheGeometry(sets=0, ways=0, line_bytes=32)


@dataclass(frozen=True)
class MemoryCosts:
    """CPU cycles that memory adds to the core's own; `flash_*` come on top of the wait states.

    `fill`: a cache line; `access`: a load or store that no cache serves; `fetch`: `fetch_bytes` of instructions
    likewise, a power of two.
    """

    fetch_bytes: int

    flash_fill: int
    flash_access: int
    flash_fetch: int
    sram_fill: int
    sram_access: int
    sram_fetch: int
    device_access: int


@dataclass(frozen=True)
class CoreModel:
    """A core as implemented in a chip; `model_id` names the version of all costs and goes into every modelled result.

    `schedule` returns the cycles that a run of instructions takes to issue; the indexes given with it begin anew
    after a taken branch. `mispredict_cycles` is 0 for a core that predicts nothing.
    """

    name: str
    model_id: str
    schedule: Callable[[Sequence[Instruction], frozenset[int]], int]
    mispredict_cycles: int
    icache: CacheGeometry
    dcache: CacheGeometry
    costs: MemoryCosts


# Caches of the STM32F746: 4 KB each (data sheet DS10916), of 2 and 4 ways (Cortex-M7 TRM r1p2, chapter 5).
CORTEX_M7 = CoreModel(
    name="cortex-m7",
    model_id="m7-1",
    schedule=cortex_m7.schedule,
    mispredict_cycles=8,
    icache=CacheGeometry(sets=64, ways=2, line_bytes=32),
    dcache=CacheGeometry(sets=32, ways=4, line_bytes=32),
    costs=MemoryCosts(
        fetch_bytes=8,
        flash_fill=5,  # about 12 at 7 wait states
        flash_access=5,
        flash_fetch=1,
        sram_fill=6,
        sram_access=5,
        sram_fetch=4,
        device_access=4,
    ),
)

# The nRF52840 (docs/timing.md section 4): a cache for instructions from flash, none for data.
CORTEX_M4 = CoreModel(
    name="cortex-m4",
    model_id="m4-1",
    schedule=cortex_m4.schedule,
    mispredict_cycles=0,
    icache=CacheGeometry(sets=64, ways=2, line_bytes=16),
    dcache=NO_CACHE,
    costs=MemoryCosts(
        fetch_bytes=16,
        flash_fill=1,
        flash_access=0,
        flash_fetch=0,
        sram_fill=0,
        sram_access=0,
        sram_fetch=4,  # one for each word: instructions come over the system bus
        device_access=0,
    ),
)


def make_cortex_m0(fast_multiplier: bool, branch_wait_cycles: int) -> CoreModel:
    """Return a Cortex-M0 as in small microcontrollers (docs/cortex-m0.md): no cache, a flash of words.

    Without prefetch buffer each word of instructions waits, with it only those that a taken branch leads to, and they
    wait for `branch_wait_cycles`.
    """
    cycles = cortex_m0.FAST_MULTIPLIER_CYCLES if fast_multiplier else cortex_m0.SMALL_MULTIPLIER_CYCLES
    return CoreModel(
        name="cortex-m0",
        model_id="m0-1",
        schedule=cortex_m0.make_schedule(cycles, branch_wait_cycles),
        mispredict_cycles=0,
        icache=NO_CACHE,
        dcache=NO_CACHE,
        costs=MemoryCosts(
            fetch_bytes=4,
            flash_fill=0,
            flash_access=0,
            flash_fetch=0,
            sram_fill=0,
            sram_access=0,
            sram_fetch=0,
            device_access=0,
        ),
    )
