"""Tells Unicorn what each page of memory is used for, so that stores to plain data run at full speed.

Unicorn 2.1.4 sends every store to a page that might hold code through a slow path that looks for translated code to
throw away; with a core's own map, where all RAM may be executed, that is every store: a quarter of the run time of a
network. Here a page counts as code only once the core has fetched from it, and from then on for good, so code that is
written at run time is still noticed.

Being asked in the middle of an IT block has a side effect in Unicorn 2.1.4: the block's state stays set when it is
over, and the next instructions are executed on its condition. It is cleared here: while a basic block runs it is unset.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from unicorn import (
    UC_HOOK_TLB_FILL,
    UC_MEM_FETCH,
    UC_MEM_WRITE,
    UC_PROT_ALL,
    UC_PROT_EXEC,
    UC_PROT_READ,
    UC_PROT_WRITE,
    Uc,
)
from unicorn.arm_const import UC_ARM_REG_XPSR
from unicorn.unicorn_const import UC_TLB_VIRTUAL

__all__ = ["watch_pages"]

_DATA = UC_PROT_READ | UC_PROT_WRITE
_ROM = UC_PROT_READ | UC_PROT_EXEC
_IT_STATE = 0x0600FC00  # in xPSR


def watch_pages(uc: Uc, is_rom: Callable[[int], bool]) -> None:
    """Have Unicorn ask this module about each page it meets; `is_rom` tells whether an address is in flash.

    A store to flash is let through here, so that Unicorn reports it as what it is: a store to read-only memory.
    """
    uc.ctl_set_tlb_mode(UC_TLB_VIRTUAL)
    executed: set[int] = set()

    def fill(uc: Uc, page: int, access: int, entry: Any, _data: object) -> bool:
        entry.paddr = page
        if is_rom(page) and access != UC_MEM_WRITE:
            entry.perms = _ROM
        elif access == UC_MEM_FETCH or page in executed:
            executed.add(page)
            entry.perms = UC_PROT_ALL
        else:
            entry.perms = _DATA
        # A fetch comes between basic blocks, where an IT block may go on.
        if access != UC_MEM_FETCH and (xpsr := uc.reg_read(UC_ARM_REG_XPSR)) & _IT_STATE:
            uc.reg_write(UC_ARM_REG_XPSR, xpsr & ~_IT_STATE)
        return True

    uc.hook_add(UC_HOOK_TLB_FILL, fill)
