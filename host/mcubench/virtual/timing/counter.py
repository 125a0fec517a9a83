"""Counts the CPU cycles that the emulated firmware would have taken on silicon."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass, fields

from unicorn import Uc

from mcubench.virtual.timing import hook
from mcubench.virtual.timing.blocks import BlockBook
from mcubench.virtual.timing.engine import add_block_hook, emu_stop_address, register_address
from mcubench.virtual.timing.instruction import PC, Instruction
from mcubench.virtual.timing.model import CoreModel, MemoryRegion, MemoryState
from mcubench.virtual.timing.tables import Tables

__all__ = ["CycleCounter", "Statistics"]

_LEARN = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)


@dataclass(frozen=True)
class Statistics:
    """What has been executed, and what took cycles beyond those of issuing instructions."""

    cycles: int
    blocks: int
    instructions: int
    mispredictions: int
    icache_misses: int
    dcache_misses: int

    def since(self, earlier: Statistics) -> Statistics:
        """Return the differences to `earlier`."""
        names = [field.name for field in fields(self)]
        return Statistics(**{name: getattr(self, name) - getattr(earlier, name) for name in names})


class CycleCounter:
    """Cycles of one emulated core, from power-on on; every block is charged when the core enters it.

    To stop the machine from inside an MMIO callback call `stop_after(0)`, never `Uc.emu_stop`: Unicorn 2.1.4 abandons
    the access that is being served and repeats it on resume, so the access and the rest of its block would count twice.
    """

    def __init__(self, uc: Uc, core: CoreModel, regions: Sequence[MemoryRegion]) -> None:
        """Install the counter; the CPU model of `uc` must have been chosen. Raises RigError if Unicorn is another."""
        self.model_id = core.model_id
        registers = register_address(uc)
        self._registers = (ctypes.c_uint32 * 16).from_address(registers)
        self._tables = Tables(core, regions, registers)
        self._words = self._tables.words
        self._book = BlockBook(core, self._tables, lambda address, size: bytes(uc.mem_read(address, size)))
        self._uc = uc
        self._served = (-1, 0, 0)  # cycles, address and number of the device load served last
        self._failure: Exception | None = None
        self._window_start: Statistics | None = None
        self.last_window: Statistics | None = None
        self.configure(MemoryState(icache=False, dcache=False, prefetch=False, flash_wait_states=0))
        # Native code keeps only addresses of these two, so they must live as long as the counter.
        self._learn_callback = _LEARN(self._learn_edge)
        self._block_hook = hook.compile_block_hook()
        self._words[hook.LEARN] = ctypes.cast(self._learn_callback, ctypes.c_void_p).value or 0
        self._words[hook.EMU_STOP] = emu_stop_address()
        add_block_hook(uc, self._block_hook.address, self._words.ctypes.data)

    @property
    def cycles(self) -> int:
        """Total cycles up to the end of the block that runs now, idle time included."""
        if self._failure is not None:
            raise self._failure
        return int(self._words[hook.CYCLES])

    def cycles_at(self, address: int) -> int:
        """Total cycles at the load from `address` that an MMIO callback is serving now: reads of CYCCNT."""
        now = self.cycles
        block = self._book.current
        # Unicorn does not keep the program counter up to date within a block, but registers are.
        candidates = enumerate(block.instructions if block else ())
        loads = [number for number, instruction in candidates if self._loads_from(instruction, address)]
        if block is None or not loads:
            return now
        last_now, last_address, times = self._served
        times = times + 1 if (last_now, last_address) == (now, address) else 0
        self._served = (now, address, times)
        return now - self._book.cycles_after(block, loads[min(times, len(loads) - 1)])

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

    def forget_code(self) -> None:
        """Price every block anew and predict nothing: there is other code in memory now. Only between runs."""
        self._book.forget()
        self._served = (-1, 0, 0)

    def window(self, active: bool) -> None:
        """Note that the timed window opens or closes; afterwards `last_window` says what ran in it."""
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
        """Return what has been executed since power-on."""
        blocks, instructions = self._tables.executed()
        return Statistics(
            cycles=self.cycles,
            blocks=blocks,
            instructions=instructions,
            mispredictions=int(self._words[hook.MISPREDICTED]),
            icache_misses=int(self._words[hook.ICACHE_MISSES]),
            dcache_misses=int(self._words[hook.DCACHE_MISSES]),
        )

    def _loads_from(self, instruction: Instruction, address: int) -> bool:
        """Return whether a load, if it is the one that runs now, reads `address`."""
        access = instruction.access
        if access is None or access.store or access.index is not None or access.base == PC:
            return False
        return (self._registers[access.base] + access.offset_bytes) & 0xFFFFFFFF == address

    def _learn_edge(self, address: int, size_bytes: int) -> int:
        """Called by the native hook for an edge it has no price for; returns the edge's row."""
        try:
            return self._book.learn_edge(address, size_bytes)
        except Exception as failure:  # nothing may escape into native code; `cycles` raises it
            self._failure = failure
            self._uc.emu_stop()
            return self._tables.null_edge
