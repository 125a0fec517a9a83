"""What Unicorn's Python binding does not offer: native hooks, and where the emulated registers live in memory."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from unicorn import UC_HOOK_BLOCK, Uc
from unicorn.arm_const import UC_ARM_REG_R0
from unicorn.unicorn_py3.unicorn import uclib

from mcubench.errors import RigError

__all__ = ["add_block_hook", "emu_stop_address", "register_address"]

_ENGINE_BYTES = 16 << 10  # Unicorn 2.1.4: sizeof(struct uc_struct) is 14,920
_CPU_BYTES = 128 << 10  # the registers lie 41 KB into the CPU object
_REGISTERS = 13


def add_block_hook(uc: Uc, function: int, user_data: int) -> None:
    """Have Unicorn call the C function at address `function` before every basic block.

    Raises RigError if Unicorn refuses.
    """
    handle = ctypes.c_size_t()
    status = uclib.uc_hook_add(
        uc._uch,
        ctypes.byref(handle),
        UC_HOOK_BLOCK,
        ctypes.c_void_p(function),
        ctypes.c_void_p(user_data),
        ctypes.c_uint64(1),  # begin after end: every address
        ctypes.c_uint64(0),
    )
    if status:
        raise RigError(f"virtual board: Unicorn refused a native block hook with error {status}, expected 0")


def emu_stop_address() -> int:
    """Return the address of `uc_emu_stop` in the loaded library."""
    return int(ctypes.cast(uclib.uc_emu_stop, ctypes.c_void_p).value or 0)


def register_address(uc: Uc) -> int:
    """Return the address, in this process, of the 32-bit word that holds the emulated R0; R1 to R15 follow it.

    QEMU keeps a core's registers in one array and writes them back at the end of every basic block, so a block hook
    may read them there; `uc_reg_read` takes longer than the rest of the hook. Unicorn does not say where the array is,
    so it is looked for: a known pattern is written to the registers and found in what the engine points to.
    Raises RigError where it cannot be found.
    """
    before = [uc.reg_read(UC_ARM_REG_R0 + number) for number in range(_REGISTERS)]
    try:
        found = _search(uc)
    finally:
        for number, value in enumerate(before):
            uc.reg_write(UC_ARM_REG_R0 + number, value)
    if len(found) != 1:
        raise RigError(
            f"virtual board: expected to find the emulated registers once in memory, found them {len(found)} times; "
            "the cycle model needs Linux with /proc and Unicorn 2.1.4"
        )
    return found.pop()


def _search(uc: Uc) -> set[int]:
    try:
        # Reading through /proc gives an error, not a crash, where a word of the engine is no pointer after all.
        memory = os.open(Path("/proc/self/mem"), os.O_RDONLY)
    except OSError:
        return set()
    try:
        pattern = _write_registers(uc, 0x5EED0001)
        found: set[int] = set()
        for pointer in _pointers(_read(memory, int(uc._uch.value), _ENGINE_BYTES)):
            found.update(pointer + at for at in _positions(_read(memory, pointer, _CPU_BYTES), pattern))
        # Copies of the pattern lie about on the heap; only the registers themselves follow a second change.
        changed = _write_registers(uc, 0xC0DE0003)
        return {address for address in found if _read(memory, address, len(pattern)) == changed}
    finally:
        os.close(memory)


def _write_registers(uc: Uc, seed: int) -> bytes:
    """Write other values to R0-R12 and return them as they lie in memory."""
    values = [seed + 0x01010203 * number & 0xFFFFFFFF for number in range(_REGISTERS)]
    for number, value in enumerate(values):
        uc.reg_write(UC_ARM_REG_R0 + number, value)
    return struct.pack(f"={_REGISTERS}I", *values)


def _positions(block: bytes, pattern: bytes) -> Iterator[int]:
    at = block.find(pattern)
    while at >= 0:
        yield at
        at = block.find(pattern, at + 1)


def _pointers(block: bytes) -> set[int]:
    words: Any = struct.unpack(f"={len(block) // 8}Q", block[: len(block) // 8 * 8])
    return {word for word in words if 1 << 16 <= word < 1 << 47 and word % 8 == 0}


def _read(memory: int, address: int, size_bytes: int) -> bytes:
    try:
        return os.pread(memory, size_bytes, address)
    except OSError:
        return b""
