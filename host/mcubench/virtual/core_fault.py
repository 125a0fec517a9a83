"""What a core cannot do, as ARMv7-M names it: the exception it takes, and what the fault registers say (B1.5.14)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from unicorn.unicorn_const import (
    UC_ERR_FETCH_PROT,
    UC_ERR_FETCH_UNMAPPED,
    UC_ERR_READ_PROT,
    UC_ERR_READ_UNMAPPED,
    UC_ERR_WRITE_PROT,
    UC_ERR_WRITE_UNMAPPED,
)

__all__ = [
    "BUS_FAULT",
    "HARD_FAULT",
    "INVALID_RETURN",
    "INVALID_STATE",
    "MEM_MANAGE",
    "STACKING",
    "UNSTACKING",
    "USAGE_FAULT",
    "CoreFault",
    "faulting_fetch",
    "from_emulator",
    "from_exception",
]

HARD_FAULT, MEM_MANAGE, BUS_FAULT, USAGE_FAULT = 3, 4, 5, 6

# CFSR, ARMv7-M B3.2.15: MemManage in bits 7:0, BusFault in 15:8, UsageFault in 31:16.
_IACCVIOL = 1 << 0
_IBUSERR, _PRECISERR, _UNSTKERR, _STKERR = 1 << 8, 1 << 9, 1 << 11, 1 << 12
_UNDEFINSTR, _INVSTATE, _INVPC, _NOCP = 1 << 16, 1 << 17, 1 << 18, 1 << 19
# Unicorn's numbers of what it cannot emulate further (QEMU's exception numbers).
_QEMU_BREAKPOINT, _QEMU_NO_COPROCESSOR = 7, 17
# Devices and the system: no instruction is ever fetched there (ARMv7-M B3.1, the default memory map).
_NEVER_EXECUTED = (range(0x40000000, 0x60000000), range(0xA0000000, 1 << 32))


@dataclass(frozen=True)
class CoreFault:
    """A fault: the exception, its bits of CFSR, the address for BFAR if there is one, and a sentence for people."""

    exception: int
    status: int
    reason: str
    address: int | None = None


STACKING = CoreFault(BUS_FAULT, _STKERR, "no memory for the exception's frame")
UNSTACKING = CoreFault(BUS_FAULT, _UNSTKERR, "no memory where the exception's frame should be")
INVALID_STATE = CoreFault(USAGE_FAULT, _INVSTATE, "a branch to an even address, which is no Thumb code")
INVALID_RETURN = CoreFault(USAGE_FAULT, _INVPC, "an invalid EXC_RETURN")
_UNDEFINED = CoreFault(USAGE_FAULT, _UNDEFINSTR, "an undefined instruction")


def faulting_fetch(address: int) -> CoreFault:
    """Return the fault of executing `address`, where there is no code to fetch."""
    if any(address in never for never in _NEVER_EXECUTED):
        return CoreFault(MEM_MANAGE, _IACCVIOL, f"execution at 0x{address:08x}, which may hold no code")
    return CoreFault(BUS_FAULT, _IBUSERR, f"execution at 0x{address:08x}, where there is no memory")


def from_emulator(error: int, thumb: bool, pc: int, data_address: Callable[[], int]) -> CoreFault:
    """Return what Unicorn's `error` at `pc` is; `data_address` is asked for the address of a load or store."""
    if not thumb:
        return INVALID_STATE
    if error in (UC_ERR_FETCH_UNMAPPED, UC_ERR_FETCH_PROT):
        return faulting_fetch(pc)
    what = {
        UC_ERR_READ_UNMAPPED: "a read of 0x{:08x}, where there is nothing",
        UC_ERR_READ_PROT: "a read of 0x{:08x}, where there is nothing",
        UC_ERR_WRITE_UNMAPPED: "a write to 0x{:08x}, where there is nothing",
        UC_ERR_WRITE_PROT: "a write to 0x{:08x}, which is read-only",
    }.get(error)
    if what is None:
        return _UNDEFINED
    address = data_address()
    return CoreFault(BUS_FAULT, _PRECISERR, what.format(address), address)


def from_exception(number: int) -> CoreFault:
    """Return what the exception `number` is that the emulated core raised by itself."""
    if number == _QEMU_BREAKPOINT:
        return CoreFault(HARD_FAULT, 0, "a breakpoint without a debugger")
    if number == _QEMU_NO_COPROCESSOR:
        return CoreFault(USAGE_FAULT, _NOCP, "an instruction of a coprocessor that is not there")
    return _UNDEFINED
