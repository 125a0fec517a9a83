"""Level 1 caches of a Cortex-M7: what is on, their sizes and their maintenance (ARMv7-M B4.8, Cortex-M7 TRM)."""

from __future__ import annotations

from mcubench.virtual.journal import Journal
from mcubench.virtual.registers import Register, bit, plain_registers
from mcubench.virtual.timing import CacheGeometry, CycleCounter

__all__ = ["CACHE_ENABLES", "Caches"]

_DC, _IC = 16, 17
CACHE_ENABLES = 1 << _DC | 1 << _IC  # in CCR
_EVERYTHING = 0xFFFFFFFF


class Caches:
    """Placed at 0xE000ED00, beside the registers that every core has there."""

    def __init__(
        self, ccr: Register, counter: CycleCounter, journal: Journal, icache: CacheGeometry, dcache: CacheGeometry
    ) -> None:
        """`ccr` is the register of the system control block that switches them."""
        self._ccr = ccr
        self._counter = counter
        self._journal = journal
        self._dcache_lines = dcache.sets * dcache.ways
        self._ccsidr = (_ccsidr(dcache), _ccsidr(icache))
        self._csselr = Register("CSSELR", 0x84, 0, 0xF)
        self.registers = [
            self._csselr,
            Register("CCSIDR", 0x80, 0, 0, read=lambda: self._ccsidr[self._csselr.value & 1]),
            *plain_registers(_PLAIN),
            *(Register(name, offset, 0, 0, _EVERYTHING) for name, offset in _BY_ADDRESS),
            Register(
                "ICIALLU", 0x250, 0, 0, _EVERYTHING, write=lambda _value: self._counter.caches_flushed(True, False)
            ),
            Register("DCISW", 0x260, 0, 0, _EVERYTHING, write=self._write_dcisw),
            Register("DCCSW", 0x26C, 0, 0, _EVERYTHING),
            Register("DCCISW", 0x274, 0, 0, _EVERYTHING, write=self._flush_line),
        ]
        self._flushed_lines: set[int] = set()

    def reset(self) -> None:
        self._flushed_lines.clear()

    @property
    def icache(self) -> bool:
        return bit(self._ccr.value, _IC)

    @property
    def dcache(self) -> bool:
        return bit(self._ccr.value, _DC)

    def _write_dcisw(self, value: int) -> None:
        if self.dcache:
            self._journal.violation(
                "dcisw", "DCISW: lines invalidated while the data cache is on: unwritten data is lost"
            )
        self._flush_line(value)

    def _flush_line(self, set_and_way: int) -> None:
        """Maintenance by set and way goes line by line; the cache is empty when all lines have had their turn."""
        self._flushed_lines.add(set_and_way)
        if len(self._flushed_lines) == self._dcache_lines:
            self._flushed_lines.clear()
            self._counter.caches_flushed(False, True)


def _ccsidr(cache: CacheGeometry) -> int:
    """Cache size register: all policies, sets - 1, ways - 1, lines of 32 bytes (ARMv7-M B4.8.3)."""
    return 0xF << 28 | (cache.sets - 1) << 13 | (cache.ways - 1) << 3 | 1


# Operations on one address: they work on single lines, which the cache model does not follow.
_BY_ADDRESS = (("ICIMVAU", 0x258), ("DCIMVAC", 0x25C), ("DCCMVAU", 0x264), ("DCCMVAC", 0x268), ("DCCIMVAC", 0x270))
# Name, offset, reset value, writable bits: stored, without effect here.
_PLAIN = (
    ("CLIDR", 0x78, 0x09000003, 0),
    ("CTR", 0x7C, 0x8303C003, 0),
    ("MVFR2", 0x248, 0x00000040, 0),
    ("ITCMCR", 0x290, 0, 0x7F),
    ("DTCMCR", 0x294, 0, 0x7F),
    ("AHBPCR", 0x298, 0, 0xF),
    ("CACR", 0x29C, 0, 0x7),
    ("AHBSCR", 0x2A0, 0, 0xFFFF),
)
