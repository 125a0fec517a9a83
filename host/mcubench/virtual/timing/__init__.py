"""Cycle costs of the virtual boards: docs/timing.md says what is modelled and how well."""

from __future__ import annotations

from mcubench.virtual.timing.counter import CycleCounter, Statistics
from mcubench.virtual.timing.model import (
    CORTEX_M4,
    CORTEX_M7,
    NO_CACHE,
    CacheGeometry,
    CoreModel,
    MemoryCosts,
    MemoryKind,
    MemoryRegion,
    MemoryState,
    make_cortex_m0,
)

__all__ = [
    "CORTEX_M4",
    "CORTEX_M7",
    "NO_CACHE",
    "CacheGeometry",
    "CoreModel",
    "CycleCounter",
    "MemoryCosts",
    "MemoryKind",
    "MemoryRegion",
    "MemoryState",
    "Statistics",
    "make_cortex_m0",
]
