"""NVMC and UICR of nRF52840: the flash's controller with its instruction cache, and the user's flash registers.

PS, chapters NVMC and UICR. Not modelled: erasing and writing the flash, the cache's profiling counters.
"""

from __future__ import annotations

from collections.abc import Callable

from mcubench.virtual.journal import Journal
from mcubench.virtual.registers import Register, bit, plain_registers
from mcubench.virtual.timing import CycleCounter

__all__ = ["NrfNvmc", "NrfUicr"]

_CACHE_ENABLE, _PROFILE = 0, 8
_WRITING = 1
_ERASED = 0xFFFFFFFF
_UICR_BYTES = 0x400


class NrfNvmc:
    """Always ready: nothing that takes time is modelled."""

    def __init__(self, counter: CycleCounter, journal: Journal, changed: Callable[[], None]) -> None:
        """`changed` is called when firmware has switched the instruction cache."""
        self._counter = counter
        self._journal = journal
        self._changed = changed
        self._config = Register("CONFIG", 0x504, 0, 3)
        self._icachecnf = Register("ICACHECNF", 0x540, 0, 0x101, write=self._write_icachecnf)
        self.registers = [
            self._config,
            self._icachecnf,
            *plain_registers(
                [
                    ("READY", 0x400, 1, 0),
                    ("READYNEXT", 0x408, 1, 0),
                    ("ERASEPAGEPARTIALCFG", 0x51C, 0xA, 0x7F),
                    ("IHIT", 0x548, 0, _ERASED),
                    ("IMISS", 0x54C, 0, _ERASED),
                ]
            ),
            *(self._eraser(name, offset) for name, offset in _ERASERS),
        ]

    def reset(self) -> None:
        """The registers' reset values are all there is."""

    @property
    def icache(self) -> bool:
        return bit(self._icachecnf.value, _CACHE_ENABLE)

    @property
    def writing(self) -> bool:
        """Whether firmware may write to the flash and to UICR."""
        return self._config.value == _WRITING

    def _write_icachecnf(self, value: int) -> None:
        if bit(value, _PROFILE):
            self._journal.violation("nvmc profile", "NVMC_ICACHECNF: profiling is not modelled, IHIT and IMISS stay 0")
        if not self.icache:
            self._counter.caches_flushed(True, False)  # switching it off empties it
        self._changed()

    def _eraser(self, name: str, offset: int) -> Register:
        def write(_value: int) -> None:
            self._journal.violation(f"nvmc {name}", f"NVMC_{name}: erasing is not modelled: nothing happens")

        return Register(name, offset, 0, 0, 0xFFFFFFFF, write=write)


class NrfUicr:
    """Words of flash that keep their contents over a reset; writing can only clear bits."""

    def __init__(self, nvmc: NrfNvmc, journal: Journal) -> None:
        self._nvmc = nvmc
        self._journal = journal
        self.registers = [self._word(offset) for offset in range(0, _UICR_BYTES, 4)]

    def reset(self) -> None:
        """Flash is kept."""

    def _word(self, offset: int) -> Register:
        contents = _ERASED

        def read() -> int:
            return contents

        def write(value: int) -> None:
            nonlocal contents
            if self._nvmc.writing:
                contents &= value
            else:
                self._journal.violation(
                    "uicr", f"UICR + 0x{offset:x}: written while NVMC_CONFIG does not enable writing: no effect"
                )

        return Register(f"0x{offset:03x}", offset, _ERASED, 0, 0xFFFFFFFF, read, write)


_ERASERS = (("ERASEPAGE", 0x508), ("ERASEALL", 0x50C), ("ERASEUICR", 0x514), ("ERASEPAGEPARTIAL", 0x518))
