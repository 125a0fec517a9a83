"""What the cycle model is told about a chip: its memories, their state, and which core it has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["CORTEX_M7", "CoreModel", "MemoryKind", "MemoryRegion", "MemoryState"]

MemoryKind = Literal["flash", "sram", "dtcm", "itcm", "device"]


@dataclass(frozen=True)
class MemoryRegion:
    """A range of addresses with one access cost; `cached` means that the L1 caches, when on, hold its lines."""

    name: str
    start: int
    size: int
    kind: MemoryKind
    cached: bool


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
class CoreModel:
    """A core's name and the id of the cost tables in use, which every modelled result carries."""

    name: str
    model_id: str


CORTEX_M7 = CoreModel(name="cortex-m7", model_id="m7-1")
