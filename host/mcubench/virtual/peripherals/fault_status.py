"""What the core tells of its faults: CFSR, HFSR, MMFAR and BFAR (ARMv7-M B3.2.15 to B3.2.19)."""

from __future__ import annotations

from mcubench.virtual.core_fault import CoreFault
from mcubench.virtual.registers import ALL_BITS, Register

__all__ = ["FaultStatus"]

_BFARVALID = 1 << 15
_VECTTBL, _FORCED, _DEBUGEVT = 1 << 1, 1 << 30, 1 << 31


class FaultStatus:
    """Offsets are those from 0xE000E000. Bits of CFSR and HFSR collect until firmware writes 1 to them."""

    def __init__(self) -> None:
        self.cfsr = self._cleared_by_ones("CFSR", 0xD28)
        self.hfsr = self._cleared_by_ones("HFSR", 0xD2C)
        self.bfar = Register("BFAR", 0xD38)
        self.registers = [self.cfsr, self.hfsr, Register("MMFAR", 0xD34), self.bfar]

    def note(self, fault: CoreFault) -> None:
        """Add what `fault` is. MMFAR needs no care: without an MPU only fetches violate memory attributes."""
        self.cfsr.value |= fault.status
        if fault.address is not None:
            self.bfar.value = fault.address
            self.cfsr.value |= _BFARVALID

    def note_forced(self) -> None:
        """A fault became a HardFault because its own exception could not be taken."""
        self.hfsr.value |= _FORCED

    def note_breakpoint(self) -> None:
        self.hfsr.value |= _DEBUGEVT

    def note_no_vector(self) -> None:
        self.hfsr.value |= _VECTTBL

    @staticmethod
    def _cleared_by_ones(name: str, offset: int) -> Register:
        def clear(value: int) -> None:
            register.value &= ~value

        register = Register(name, offset, 0, 0, ALL_BITS, write=clear)
        return register
