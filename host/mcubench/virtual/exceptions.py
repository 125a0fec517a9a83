"""Exception entry and return of ARMv7-M (B1.5.6 to B1.5.8), which Unicorn leaves to us: it has no interrupt controller.

The frame with floating-point registers is stored at once; lazy preservation is not modelled.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from unicorn import Uc
from unicorn import arm_const as arm

from mcubench.virtual.memory import MemoryBus

__all__ = ["enter_handler", "is_exception_return", "leave_exception", "push_frame", "return_is_valid"]

# Stores words of a frame; returns whether there is RAM for all of them.
Push = Callable[[int, bytes], bool]

_BASIC = (
    arm.UC_ARM_REG_R0,
    arm.UC_ARM_REG_R1,
    arm.UC_ARM_REG_R2,
    arm.UC_ARM_REG_R3,
    arm.UC_ARM_REG_R12,
    arm.UC_ARM_REG_LR,
)
_FLOATS = tuple(getattr(arm, f"UC_ARM_REG_S{index}") for index in range(16))
_BASIC_BYTES, _FLOAT_BYTES = 32, 72
_FPCA, _SPSEL = 1 << 2, 1 << 1
_ALIGNED = 1 << 9  # in the stacked xPSR: one word of padding lies above the frame
_EXC_RETURN = 0xFFFFFFE1
_RETURN_THREAD, _RETURN_PSP, _RETURN_BASIC = 1 << 3, 1 << 2, 1 << 4
_EXCEPTION_BITS = 0x1FF  # of xPSR: the number of the exception that runs


def is_exception_return(uc: Uc, pc: int) -> bool:
    """Return whether a handler branched to an EXC_RETURN value; Unicorn shows it with bit 0 cleared."""
    return pc & 0xFFFFFFE0 == 0xFFFFFFE0 and bool(uc.reg_read(arm.UC_ARM_REG_XPSR) & _EXCEPTION_BITS)


def return_is_valid(pc: int) -> bool:
    """Return whether an EXC_RETURN is one of the six that there are (ARMv7-M B1.5.8)."""
    return pc & 0xE in (0x0, 0x8, 0xC)


def push_frame(uc: Uc, push: Push, return_address: int) -> bool:
    """Store the frame and set LR to what returns to it; return False if there is no RAM for all of it.

    The stack pointer moves all the same, and what has memory is stored, as on silicon.
    """
    xpsr = uc.reg_read(arm.UC_ARM_REG_XPSR)
    control = uc.reg_read(arm.UC_ARM_REG_CONTROL)
    floats = bool(control & _FPCA)
    stack = uc.reg_read(arm.UC_ARM_REG_SP)
    frame = (stack - _BASIC_BYTES - (_FLOAT_BYTES if floats else 0)) & 0xFFFFFFF8
    padded = _ALIGNED if stack & 4 else 0
    words = [uc.reg_read(register) for register in _BASIC]
    stored = push(frame, struct.pack("<8I", *words, return_address, xpsr & ~_ALIGNED | padded))
    if floats:
        values = [uc.reg_read(register) for register in (*_FLOATS, arm.UC_ARM_REG_FPSCR)]
        stored &= push(frame + _BASIC_BYTES & 0xFFFFFFFF, struct.pack("<18I", *values, 0))
        uc.reg_write(arm.UC_ARM_REG_CONTROL, control & ~_FPCA)
    thread = not xpsr & _EXCEPTION_BITS
    uc.reg_write(arm.UC_ARM_REG_SP, frame)
    uc.reg_write(
        arm.UC_ARM_REG_LR,
        _EXC_RETURN
        | (0 if floats else _RETURN_BASIC)
        | (_RETURN_THREAD if thread else 0)
        | (_RETURN_PSP if thread and control & _SPSEL else 0),
    )
    return stored


def enter_handler(uc: Uc, number: int, vector: int) -> None:
    """Go into handler mode for exception `number`; bit 0 of `vector` says that its handler is Thumb code."""
    # This also switches to the main stack. The old IT state must not hit the handler's first instructions.
    uc.reg_write(arm.UC_ARM_REG_XPSR, number | (vector & 1) << 24)


def leave_exception(uc: Uc, memory: MemoryBus, exc_return: int) -> int:
    """Pop the frame that `exc_return` names and return the address to go on at; MemoryFaultError if it is not there."""
    floats = not exc_return & _RETURN_BASIC
    control = uc.reg_read(arm.UC_ARM_REG_CONTROL) & ~(_SPSEL | _FPCA)
    if exc_return & _RETURN_THREAD:
        uc.reg_write(arm.UC_ARM_REG_IPSR, 0)
        control |= _SPSEL if exc_return & _RETURN_PSP else 0
        uc.reg_write(arm.UC_ARM_REG_CONTROL, control | (_FPCA if floats else 0))
    stack = uc.reg_read(arm.UC_ARM_REG_SP)
    *words, address, xpsr = struct.unpack("<8I", memory.read(stack, _BASIC_BYTES))
    top = stack + _BASIC_BYTES
    if floats:
        values = struct.unpack("<18I", memory.read(top, _FLOAT_BYTES))
        for register, value in zip((*_FLOATS, arm.UC_ARM_REG_FPSCR), values, strict=False):
            uc.reg_write(register, value)
        top += _FLOAT_BYTES
    for register, value in zip(_BASIC, words, strict=True):
        uc.reg_write(register, value)
    uc.reg_write(arm.UC_ARM_REG_SP, top + (4 if xpsr & _ALIGNED else 0))
    uc.reg_write(arm.UC_ARM_REG_XPSR, xpsr & ~_ALIGNED)
    return int(address)
