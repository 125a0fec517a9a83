"""Fills the rows that the native hook works on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mcubench.virtual.timing import hook
from mcubench.virtual.timing.addresses import BlockAccess
from mcubench.virtual.timing.model import NO_CACHE, CoreModel, MemoryRegion, MemoryState

__all__ = ["Tables"]

_BLOCK_INSTRUCTIONS = 1024  # more than Unicorn puts into one block


class Tables:
    """The array of words shared with the native hook (layout: `hook`), and how full its tables are."""

    def __init__(self, core: CoreModel, regions: Sequence[MemoryRegion], registers: int) -> None:
        """`registers` is the address in this process of the emulated R0."""
        self.words: npt.NDArray[np.int64] = np.zeros(hook.WORDS, np.int64)
        assert len(regions) < hook.REGION_ROWS, "the last row stands for addresses outside all regions"
        self._core = core
        self._regions = tuple(regions)
        self._registers = registers
        self._forgotten = (0, 0)
        self.words[hook.STOP] = hook.NEVER
        self.words[hook.MISPREDICT_COST] = core.mispredict_cycles
        for name, cache in (("ICACHE", core.icache), ("DCACHE", core.dcache)):
            assert cache.sets * cache.ways <= hook.TAG_WORDS
            self.words[getattr(hook, f"{name}_SETS")] = cache.sets
            self.words[getattr(hook, f"{name}_WAYS")] = cache.ways
            self.words[getattr(hook, f"{name}_LINE_BITS")] = cache.line_bytes.bit_length() - 1
        self.empty_cache(hook.ICACHE_TAGS)
        self.empty_cache(hook.DCACHE_TAGS)
        self.words[hook.HINT_TABLE : hook.HINT_TABLE + hook.HINT_WORDS] = hook.DCACHE_TAGS
        self._edge = hook.EDGE_TABLE
        self.forget()

    def forget(self) -> None:
        """Empty the tables; a first block stands for what ran before, and an edge to it for what has no price."""
        self._forgotten = self.executed()
        self.words[hook.BLOCK_TABLE :] = 0
        self._block, self._edge = hook.BLOCK_TABLE, hook.EDGE_TABLE
        self._access, self._line = hook.ACCESS_TABLE, hook.LINE_TABLE
        self.words[hook.CURRENT] = self.add_block(0, 0, 0)
        self.null_edge = self._edge
        self.words[self.null_edge + hook.E_BLOCK] = self.words[hook.CURRENT]
        self._edge += hook.EDGE_WORDS

    def executed(self) -> tuple[int, int]:
        """Return how many blocks and instructions were executed."""
        edges = self.words[hook.EDGE_TABLE : hook.ACCESS_TABLE].reshape(hook.EDGE_ROWS, hook.EDGE_WORDS)
        edges = edges[: (self._edge - hook.EDGE_TABLE) // hook.EDGE_WORDS]
        counts = edges[:, hook.E_COUNT]
        instructions = self.words[edges[:, hook.E_BLOCK] + hook.B_INSTRUCTIONS]
        blocks_before, instructions_before = self._forgotten
        return blocks_before + int(counts.sum()), instructions_before + int(counts @ instructions)

    @property
    def full(self) -> bool:
        """Whether there may be no room for one more block, edge and the accesses of a block."""
        return (
            self._block + 2 * hook.BLOCK_WORDS > hook.EDGE_TABLE
            or self._edge + 2 * hook.EDGE_WORDS > hook.ACCESS_TABLE
            or self._access + _BLOCK_INSTRUCTIONS * hook.ACCESS_WORDS > hook.LINE_TABLE
            or self._line + _BLOCK_INSTRUCTIONS * hook.LINE_WORDS > hook.WORDS
        )

    def empty_cache(self, tags: int) -> None:
        """Invalidate the cache whose tags are at `tags`."""
        self.words[hook.FETCHED] = 0
        self.words[tags : tags + hook.TAG_WORDS] = -1
        self.words[tags + hook.AGE : tags + hook.AGE + hook.TAG_WORDS] = 0

    def configure(self, state: MemoryState) -> None:
        """Write the regions' costs as they are in `state`."""
        if not state.icache:
            self.empty_cache(hook.ICACHE_TAGS)
        self.words[hook.ICACHE_ON] = state.icache and self._core.icache != NO_CACHE
        if not state.dcache:
            self.empty_cache(hook.DCACHE_TAGS)
        self.words[hook.DCACHE_ON] = state.dcache and self._core.dcache != NO_CACHE
        rows = self.words[hook.REGION_TABLE : hook.ICACHE_TAGS].reshape(hook.REGION_ROWS, hook.REGION_WORDS)
        rows[:] = 0
        for number, region in enumerate(self._regions):
            row = rows[number]
            row[hook.R_START], row[hook.R_END] = region.start, region.start + region.size
            row[hook.R_CACHED] = region.cached
            fill, access, fetch = self._costs(region, state)
            row[hook.R_FILL_CODE] = row[hook.R_FILL_DATA] = fill
            row[hook.R_ACCESS], row[hook.R_FETCH] = access, fetch

    def _costs(self, region: MemoryRegion, state: MemoryState) -> tuple[int, int, int]:
        """Return cycles of a line fill, of an access and of a fetch without cache."""
        costs, wait = self._core.costs, state.flash_wait_states
        if region.kind == "flash":
            if not region.cached and state.prefetch:
                return 0, wait, 0  # the accelerator serves instructions without wait (RM0385, chapter 3)
            return costs.flash_fill + wait, costs.flash_access + wait, costs.flash_fetch + wait
        if region.kind == "sram":
            return costs.sram_fill, costs.sram_access, costs.sram_fetch
        return 0, costs.device_access if region.kind == "device" else 0, 0

    def add_block(self, address: int, size_bytes: int, instructions: int) -> int:
        """Return the offset of a new block row without accesses and predictor."""
        row = self._block
        self._block += hook.BLOCK_WORDS
        words = self.words[row : self._block]
        words[hook.B_SIZE], words[hook.B_INSTRUCTIONS] = size_bytes, instructions
        words[hook.B_REGION] = self._region_row(address)
        fetch_bytes = self._core.costs.fetch_bytes
        words[hook.B_FETCHES] = (address + size_bytes - 1) // fetch_bytes - address // fetch_bytes + 1
        words[hook.B_LINES] = self._line
        line_bits = int(self.words[hook.ICACHE_LINE_BITS])
        for line in range(address >> line_bits, (address + size_bytes - 1 >> line_bits) + 1):
            self.words[self._line + hook.L_LINE], self.words[self._line + hook.L_TAG] = line, hook.ICACHE_TAGS
            self._line += hook.LINE_WORDS
        words[hook.B_LINES_END] = self._line
        return row

    def set_accesses(self, block: int, entry: Sequence[BlockAccess], at_exit: Sequence[BlockAccess]) -> None:
        """Give a block row its accesses: those to evaluate when it starts, and when it has ended."""
        words = self.words[block : block + hook.BLOCK_WORDS]
        words[hook.B_ENTRY_ACCESS], words[hook.B_ENTRY_END] = self._add_accesses(entry)
        words[hook.B_EXIT_ACCESS], words[hook.B_EXIT_END] = self._add_accesses(at_exit)

    def set_predictor(self, block: int, kind: int, state: int) -> None:
        """Give a block row the predictor of the branch that ends it."""
        self.words[block + hook.B_BRANCH], self.words[block + hook.B_PREDICTOR] = kind, state

    def add_edge(self, address: int, block: int, cost_cycles: int, taken: bool) -> int:
        """Return the offset of a new edge row from the current block to the block row `block`, at `address`."""
        row = self._edge
        self._edge += hook.EDGE_WORDS
        words = self.words
        words[row + hook.E_ADDRESS], words[row + hook.E_BLOCK] = address, block
        words[row + hook.E_COST], words[row + hook.E_TAKEN] = cost_cycles, taken
        before = words[hook.CURRENT]
        for slot, edge in ((hook.B_NEXT_0, hook.B_EDGE_0), (hook.B_NEXT_1, hook.B_EDGE_1)):
            # A block that Unicorn cut anew takes the slot of its predecessor at the same address.
            if words[before + edge] == 0 or words[before + slot] == address:
                words[before + slot], words[before + edge] = address, row
                return row
        words[row + hook.E_CHAIN] = words[before + hook.B_CHAIN]
        words[before + hook.B_CHAIN] = row
        return row

    def _add_accesses(self, accesses: Sequence[BlockAccess]) -> tuple[int, int]:
        """Return where the rows of `accesses` begin and end."""
        first = self._access
        for access in accesses:
            row = self.words[self._access : self._access + hook.ACCESS_WORDS]
            row[hook.A_REGISTER], row[hook.A_INDEX] = self._pointer(access.register), self._pointer(access.index)
            row[hook.A_SHIFT], row[hook.A_OFFSET] = access.shift, access.offset_bytes
            row[hook.A_SPAN], row[hook.A_COUNT] = access.span_bytes, access.count
            row[hook.A_STORE] = access.store
            row[hook.A_REGION] = hook.REGION_TABLE
            self._access += hook.ACCESS_WORDS
        return first, self._access

    def _region_row(self, address: int) -> int:
        for number, region in enumerate(self._regions):
            if region.start <= address < region.start + region.size:
                return hook.REGION_TABLE + number * hook.REGION_WORDS
        return hook.REGION_TABLE + (hook.REGION_ROWS - 1) * hook.REGION_WORDS

    def _pointer(self, register: int | None) -> int:
        """Return the address in this process of an emulated register, of a word that is zero for none."""
        if register is None:
            return int(self.words.ctypes.data) + self.words.itemsize * hook.ZERO
        return self._registers + 4 * register
