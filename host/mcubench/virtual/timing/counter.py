"""Counts the CPU cycles that the emulated firmware would have taken on silicon."""

from __future__ import annotations

from collections.abc import Sequence

from unicorn import UC_HOOK_BLOCK, Uc

from mcubench.virtual.timing.model import CoreModel, MemoryRegion, MemoryState

__all__ = ["CycleCounter"]


class CycleCounter:
    """Cycles of one emulated core, from reset on.

    To stop the machine from inside an MMIO callback call `stop_after(0)`, never `Uc.emu_stop`: Unicorn abandons the
    access that is being served and repeats it on resume, so the access and the rest of its block would count twice.
    """

    def __init__(self, uc: Uc, core: CoreModel, regions: Sequence[MemoryRegion]) -> None:
        self.model_id = core.model_id
        self._uc = uc
        self._regions = tuple(regions)
        self._cycles = 0
        self._stop_after: int | None = None
        uc.hook_add(UC_HOOK_BLOCK, self._on_block)

    def _on_block(self, uc: Uc, _address: int, size: int, _data: object) -> None:
        if self._stop_after is not None and self._cycles >= self._stop_after:
            uc.emu_stop()
            return
        self._cycles += max(1, size // 3)

    @property
    def cycles(self) -> int:
        """Total cycles up to the end of the block that runs now, idle time included."""
        return self._cycles

    def cycles_at(self, address: int) -> int:  # noqa: ARG002  the first version counts whole blocks
        """Total cycles at the device access to `address` that an MMIO callback is serving now (reads of CYCCNT)."""
        return self._cycles

    def add_idle(self, cycles: int) -> None:
        """Add time that the core slept."""
        self._cycles += cycles

    def configure(self, state: MemoryState) -> None:
        """Take over what the firmware has switched on; costs change from the next block on."""

    def caches_flushed(self, instruction: bool, data: bool) -> None:
        """Empty the cache models, as the firmware's maintenance operations do."""

    def window(self, active: bool) -> None:
        """Note that the timed window opens or closes."""

    def stop_after(self, cycles: int | None) -> None:
        """Stop emulation before the next block once `cycles` total cycles have passed; None never stops.

        Stays armed: set it anew (or None) before emulation is resumed.
        """
        self._stop_after = cycles
