"""Fills the rows that the native hook works on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from mcubench.virtual.timing import hook
from mcubench.virtual.timing.addresses import BlockAccess
from mcubench.virtual.timing.model import CoreModel, MemoryRegion, MemoryState

__all__ = ["Tables"]


class Tables:
    """The array of words shared with the native hook (layout: `hook`), and how full its tables are."""

    def __init__(self, core: CoreModel, regions: Sequence[MemoryRegion]) -> None:
        self.words: npt.NDArray[np.int64] = np.zeros(hook.WORDS, np.int64)
        self._core = core
        self._regions = tuple(regions)
        self.words[hook.STOP] = hook.NEVER
        self.words[hook.MISPREDICT_COST] = core.mispredict_cycles
        for name, cache in (("ICACHE", core.icache), ("DCACHE", core.dcache)):
            self.words[getattr(hook, f"{name}_SETS")] = cache.sets
            self.words[getattr(hook, f"{name}_WAYS")] = cache.ways
        self.empty_cache(hook.ICACHE_TAGS)
        self.empty_cache(hook.DCACHE_TAGS)
        self.forget()

    def forget(self) -> None:
        """Empty the tables of blocks, edges and accesses; the first block row stays as the one before reset."""
        self.words[hook.BLOCK_TABLE :] = 0
        self._block = self._current = hook.BLOCK_TABLE
        self._edge = hook.EDGE_TABLE
        self._access = hook.ACCESS_TABLE
        self.words[hook.CURRENT] = self.add_block()
        self.words[hook.BLOCK_TABLE + hook.B_REGION] = hook.REGION_TABLE

    @property
    def full(self) -> bool:
        """Whether there may be no room for one more block, edge and the accesses of a block."""
        return (
            self._block + 2 * hook.BLOCK_WORDS > hook.EDGE_TABLE
            or self._edge + 2 * hook.EDGE_WORDS > hook.ACCESS_TABLE
            or self._access + 1024 * hook.ACCESS_WORDS > hook.WORDS
        )

    def empty_cache(self, tags: int) -> None:
        self.words[tags : tags + hook.TAG_WORDS] = -1
        self.words[tags + hook.AGE : tags + hook.AGE + hook.TAG_WORDS] = 0

    def configure(self, state: MemoryState) -> None:
        """Write the regions' costs as they are in `state`."""
        self.words[hook.ICACHE_ON] = state.icache
        self.words[hook.DCACHE_ON] = state.dcache
        if not state.dcache:
            self.empty_cache(hook.DCACHE_TAGS)
        rows = self.words[hook.REGION_TABLE : hook.ICACHE_TAGS].reshape(hook.REGION_ROWS, hook.REGION_WORDS)
        rows[:] = 0
        for row, region in zip(rows, self._regions, strict=False):
            row[hook.R_START], row[hook.R_END] = region.start, region.start + region.size
            row[hook.R_CACHED] = region.cached
            fill, access, fetch = self._costs(region, state)
            row[hook.R_FILL_CODE] = row[hook.R_FILL_DATA] = fill
            row[hook.R_ACCESS], row[hook.R_FETCH] = access, fetch

    def _costs(self, region: MemoryRegion, state: MemoryState) -> tuple[int, int, int]:
        """Return cycles of a line fill, of an access and of a 64-bit fetch without cache."""
        costs, wait = self._core.costs, state.flash_wait_states
        if region.kind == "flash":
            if not region.cached and state.prefetch:
                return 0, wait, 0  # the accelerator serves instructions without wait (RM0385, section 3.3.2)
            return costs.flash_fill + wait, costs.flash_access + wait, costs.flash_fetch + wait
        if region.kind == "sram":
            return costs.sram_fill, costs.sram_access, costs.sram_fetch
        return 0, costs.device_access if region.kind == "device" else 0, 0

    def region_row(self, address: int) -> int:
        """Return the offset of the row of the region that holds `address`."""
        for number, region in enumerate(self._regions):
            if region.start <= address < region.start + region.size:
                return hook.REGION_TABLE + number * hook.REGION_WORDS
        return hook.REGION_TABLE + (hook.REGION_ROWS - 1) * hook.REGION_WORDS

    def add_block(self) -> int:
        """Return the offset of a new, empty block row."""
        row = self._block
        self._block += hook.BLOCK_WORDS
        return row

    def add_accesses(self, accesses: Sequence[BlockAccess]) -> tuple[int, int]:
        """Return where the rows of `accesses` begin and end."""
        first = self._access
        for access in accesses:
            row = self.words[self._access : self._access + hook.ACCESS_WORDS]
            row[hook.A_REGISTER] = -1 if access.register is None else access.register
            row[hook.A_INDEX] = -1 if access.index is None else access.index
            row[hook.A_SHIFT], row[hook.A_OFFSET] = access.shift, access.offset_bytes
            row[hook.A_SPAN], row[hook.A_COUNT] = access.span_bytes, access.count
            row[hook.A_STORE] = access.store
            row[hook.A_TAG], row[hook.A_REGION] = hook.DCACHE_TAGS, hook.REGION_TABLE
            self._access += hook.ACCESS_WORDS
        return first, self._access

    def add_edge(self, before: int, address: int, block: int, cost_cycles: int, taken: bool) -> int:
        """Return the offset of a new edge row, linked to the block row `before`."""
        row = self._edge
        self._edge += hook.EDGE_WORDS
        words = self.words
        words[row + hook.E_ADDRESS], words[row + hook.E_BLOCK] = address, block
        words[row + hook.E_COST], words[row + hook.E_TAKEN] = cost_cycles, taken
        for slot, edge in ((hook.B_NEXT_0, hook.B_EDGE_0), (hook.B_NEXT_1, hook.B_EDGE_1)):
            if words[before + edge] == 0:
                words[before + slot], words[before + edge] = address, row
                return row
        words[row + hook.E_CHAIN] = words[before + hook.B_CHAIN]
        words[before + hook.B_CHAIN] = row
        return row
