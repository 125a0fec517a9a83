"""EasyDMA of nRF52840 peripherals: one direction of a peripheral's own way into RAM (PS, chapter EasyDMA)."""

from __future__ import annotations

from collections.abc import Callable

from mcubench.virtual.memory import MemoryBus
from mcubench.virtual.registers import Poll, Register

__all__ = ["EasyDma"]


class EasyDma:
    """PTR and MAXCNT are taken over when a transfer begins, so firmware may then prepare the next one."""

    def __init__(
        self,
        name: str,
        offset: int,
        memory: MemoryBus,
        ram: range,
        report: Callable[[str, str], None],
        may_be_empty: bool = False,
    ) -> None:
        """`ram` are the addresses that it reaches; `report(key, message)` tells of a mistake, which no bytes may be."""
        self._may_be_empty = may_be_empty
        self._name = name
        self._memory = memory
        self._ram = ram
        self._report = report
        self._pointer = Register(f"{name}_PTR", offset)
        self._most = Register(f"{name}_MAXCNT", offset + 4, 0, 0xFFFF)
        self.amount = Register(f"{name}_AMOUNT", offset + 8, 0, 0, 0xFFFF, poll=Poll.LINE)
        self.registers = [self._pointer, self._most, self.amount]
        self.reset()

    def reset(self) -> None:
        self.active = False
        self.left = 0
        self._address = self._moved = 0

    def begin(self, task: str) -> None:
        """Begin the transfer that PTR and MAXCNT describe now, unless it is one that cannot be."""
        address, count = self._pointer.value, self._most.value
        if not count and not self._may_be_empty:
            self._report(f"{self._name} maxcnt", f"{task} with {self._name}.MAXCNT 0: nothing is transferred")
        elif address not in self._ram or address + max(0, count - 1) not in self._ram:
            self._report(
                f"{self._name} ptr",
                f"{task} with {self._name}.PTR 0x{address:08x} and {count} bytes: EasyDMA reaches RAM only, "
                f"0x{self._ram.start:08x} to 0x{self._ram.stop - 1:08x}",
            )
        else:
            self.active = True
            self._address, self.left, self._moved = address, count, 0

    def end(self) -> None:
        """The transfer is over: AMOUNT tells of it."""
        self.amount.value = self._moved
        self.active = False

    def read(self, count: int) -> bytes:
        """Return the next `count` bytes of RAM."""
        data = self._memory.read(self._address, count)
        self._move(count)
        return data

    def write(self, data: bytes) -> None:
        """Store bytes, of which there are at most as many as are left."""
        self._memory.write(self._address, data)
        self._move(len(data))

    def _move(self, count: int) -> None:
        self._address += count
        self.left -= count
        self._moved += count
