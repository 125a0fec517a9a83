"""Counts the CPU cycles that the emulated firmware would have taken on silicon."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass

from mcubench.virtual.timing import hook
from mcubench.virtual.timing.addresses import find_accesses
from mcubench.virtual.timing.decode import decode
from mcubench.virtual.timing.engine import add_block_hook, emu_stop_address, register_address
from mcubench.virtual.timing.instruction import Instruction, Kind
from mcubench.virtual.timing.model import CoreModel, MemoryRegion, MemoryState
from mcubench.virtual.timing.tables import Tables
from unicorn import Uc

__all__ = ["CycleCounter", "Statistics"]

# How much of the block before is scheduled ahead of a block, so that its results in flight count. The longest latency
# is 16 cycles, of two instructions each.
_TAIL_INSTRUCTIONS = 16
_RETURNS_AND_JUMPS = ("bx", "blx")

_LEARN = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_uint64, ctypes.c_uint64)


@dataclass(frozen=True)
class Statistics:
    """What has been executed, and where cycles went beyond those of issuing instructions."""

    cycles: int
    blocks: int
    instructions: int
    stall_cycles: int
    mispredictions: int
    icache_misses: int
    dcache_misses: int

    def since(self, earlier: Statistics) -> Statistics:
        """Return the differences to `earlier`."""
        names = self.__dataclass_fields__
        return Statistics(**{name: getattr(self, name) - getattr(earlier, name) for name in names})


@dataclass(frozen=True)
class _Block:
    address: int
    row: int
    instructions: tuple[Instruction, ...]
    unknown_accesses: int

    @property
    def end(self) -> int:
        last = self.instructions[-1]
        return last.address + last.size_bytes


class CycleCounter:
    """Cycles of one emulated core, from reset on; every block is charged when the core enters it.

    To stop the machine from inside an MMIO callback call `stop_after(0)`, never `Uc.emu_stop`: Unicorn 2.1.4 abandons
    the access that is being served and repeats it on resume, so the access and the rest of its block would count twice.
    """

    def __init__(self, uc: Uc, core: CoreModel, regions: Sequence[MemoryRegion]) -> None:
        self.model_id = core.model_id
        self._uc = uc
        self._core = core
        self._tables = Tables(core, regions)
        self._words = self._tables.words
        self._blocks: dict[tuple[int, int], _Block] = {}
        self._by_row: dict[int, _Block] = {}
        self._rest: dict[tuple[int, int, int], int] = {}
        self._served = (-1, 0, 0)
        self._failure: Exception | None = None
        self._window_start: Statistics | None = None
        self.last_window: Statistics | None = None
        self._edges_forgotten = 0
        self._learn_callback = _LEARN(self._learn)
        self._compiled = hook.compile_block_hook()
        registers = register_address(uc)
        self._registers = (ctypes.c_uint32 * 16).from_address(registers)
        self._words[hook.REGISTERS] = registers
        self._words[hook.LEARN] = ctypes.cast(self._learn_callback, ctypes.c_void_p).value or 0
        self._words[hook.EMU_STOP] = emu_stop_address()
        self.configure(MemoryState(icache=False, dcache=False, prefetch=False, flash_wait_states=0))
        add_block_hook(uc, self._compiled.address, self._words.ctypes.data)

    @property
    def cycles(self) -> int:
        """Total cycles up to the end of the block that runs now, idle time included."""
        if self._failure is not None:
            raise self._failure
        return int(self._words[hook.CYCLES])

    def cycles_at(self, address: int) -> int:
        """Total cycles at the load from `address` that an MMIO callback is serving now: reads of CYCCNT."""
        block = self._by_row.get(int(self._words[hook.CURRENT]))
        if block is None:
            return self.cycles
        loads = [number for number, each in enumerate(block.instructions) if self._loads_from(each, address)]
        if not loads:
            return self.cycles
        execution, asked, times = self._served
        now = int(self._words[hook.BLOCKS])
        times = times + 1 if (execution, asked) == (now, address) else 0
        self._served = (now, address, times)
        return self.cycles - self._cycles_after(block, loads[min(times, len(loads) - 1)])

    def _loads_from(self, instruction: Instruction, address: int) -> bool:
        """Return whether a load, if it is the one that runs now, reads `address`."""
        access = instruction.access
        if access is None or access.store or access.index is not None or access.base > 14:
            return False
        return (self._registers[access.base] + access.offset_bytes) & 0xFFFFFFFF == address

    def _cycles_after(self, block: _Block, number: int) -> int:
        """Return how many cycles of a block come after its instruction `number`."""
        instructions = block.instructions
        return self._core.schedule(instructions, frozenset()) - self._core.schedule(
            instructions[: number + 1], frozenset()
        )

    def add_idle(self, cycles: int) -> None:
        """Add time that the core slept."""
        self._words[hook.CYCLES] += cycles

    def configure(self, state: MemoryState) -> None:
        """Take over what the firmware has switched on; costs change from the next block on."""
        self._tables.configure(state)

    def caches_flushed(self, instruction: bool, data: bool) -> None:
        """Empty the cache models, as the firmware's maintenance operations do."""
        if instruction:
            self._tables.empty_cache(hook.ICACHE_TAGS)
        if data:
            self._tables.empty_cache(hook.DCACHE_TAGS)

    def window(self, active: bool) -> None:
        """Note that the timed window opens or closes; `last_window` has what ran in it."""
        if active:
            self._window_start = self.statistics()
        elif self._window_start is not None:
            self.last_window = self.statistics().since(self._window_start)
            self._window_start = None

    def stop_after(self, cycles: int | None) -> None:
        """Stop emulation before the next block once `cycles` total cycles have passed; None never stops.

        Stays armed: set it anew (or None) before emulation is resumed.
        """
        self._words[hook.STOP] = hook.NEVER if cycles is None else cycles

    def statistics(self) -> Statistics:
        """Return what has been executed since reset."""
        words = self._words
        return Statistics(
            cycles=self.cycles,
            blocks=int(words[hook.BLOCKS]),
            instructions=int(words[hook.INSTRUCTIONS]),
            stall_cycles=int(words[hook.STALLS]),
            mispredictions=int(words[hook.MISPREDICTED]),
            icache_misses=int(words[hook.ICACHE_MISSES]),
            dcache_misses=int(words[hook.DCACHE_MISSES]),
        )

    def _learn(self, address: int, size_bytes: int) -> int:
        """Called by the native hook for an edge it has no price for; returns the edge's row."""
        try:
            return self._price(address, size_bytes)
        except Exception as failure:
            self._failure = failure
            self._uc.emu_stop()
            return self._tables.add_edge(hook.BLOCK_TABLE, address, hook.BLOCK_TABLE, 0, taken=False)

    def _price(self, address: int, size_bytes: int) -> int:
        if self._tables.full:
            self._tables.forget()
            self._blocks.clear()
            self._by_row.clear()
        before = self._by_row.get(int(self._words[hook.CURRENT]))
        block = self._blocks.get((address, size_bytes)) or self._add_block(address, size_bytes)
        tail = before.instructions[-_TAIL_INSTRUCTIONS:] if before else ()
        taken = before is not None and before.end != address
        breaks = frozenset([len(tail)]) if taken else frozenset()
        schedule = self._core.schedule
        cost = schedule((*tail, *block.instructions), breaks) - schedule(tail, frozenset())
        return self._tables.add_edge(int(self._words[hook.CURRENT]), address, block.row, cost, taken)

    def _add_block(self, address: int, size_bytes: int) -> _Block:
        instructions = tuple(decode(bytes(self._uc.mem_read(address, size_bytes)), address))
        accesses = find_accesses(instructions)
        row = self._tables.add_block()
        block = _Block(address, row, instructions, accesses.unknown)
        words = self._words[row : row + hook.BLOCK_WORDS]
        words[hook.B_SIZE], words[hook.B_INSTRUCTIONS] = size_bytes, len(instructions)
        last = address + size_bytes - 1
        words[hook.B_FIRST_LINE], words[hook.B_LAST_LINE] = address >> hook.LINE_BITS, last >> hook.LINE_BITS
        words[hook.B_FETCHES] = (last >> 3) - (address >> 3) + 1
        words[hook.B_REGION] = self._tables.region_row(address)
        words[hook.B_ENTRY_ACCESS], words[hook.B_ENTRY_END] = self._tables.add_accesses(accesses.entry)
        words[hook.B_EXIT_ACCESS], words[hook.B_EXIT_END] = self._tables.add_accesses(accesses.exit)
        words[hook.B_BRANCH], words[hook.B_PREDICTOR] = _predictor(instructions[-1])
        self._blocks[address, size_bytes] = self._by_row[row] = block
        return block


def _predictor(last: Instruction) -> tuple[int, int]:
    """Return the kind of predictor of the branch that ends a block, and its first state."""
    if not last.ends_block:
        return hook.BRANCH_NONE, 0
    if last.kind is not Kind.BRANCH or last.name in _RETURNS_AND_JUMPS:
        return hook.BRANCH_INDIRECT, 0
    if last.conditional or last.name in ("cbz", "cbnz"):
        backward = last.immediate is not None and last.immediate <= last.address
        return hook.BRANCH_CONDITIONAL, 2 if backward else 1
    return hook.BRANCH_NONE, 0
