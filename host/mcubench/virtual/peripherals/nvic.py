"""Interrupt controller and system exceptions of ARMv7-M (B1.5, B3.4): what is enabled, pending, active, and may run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mcubench.virtual.core_fault import BUS_FAULT, HARD_FAULT, MEM_MANAGE, USAGE_FAULT
from mcubench.virtual.peripherals.fault_status import FaultStatus
from mcubench.virtual.registers import ALL_BITS, Register, bit

__all__ = ["PEND_SV", "SV_CALL", "SYS_TICK", "Masks", "Nvic"]

SV_CALL, PEND_SV, SYS_TICK = 11, 14, 15
_NMI = 2
_FIRST_IRQ = 16
_FIXED_PRIORITIES = {_NMI: -2, HARD_FAULT: -1}
_THREAD_PRIORITY = 256
# SHCSR, ARMv7-M B3.2.13: by exception number the bits that enable it, and that show it active and pending.
_FAULT_ENABLES = {MEM_MANAGE: 1 << 16, BUS_FAULT: 1 << 17, USAGE_FAULT: 1 << 18}
_ACTIVE_BITS = {MEM_MANAGE: 0, BUS_FAULT: 1, USAGE_FAULT: 3, SV_CALL: 7, PEND_SV: 10, SYS_TICK: 11}
_PENDING_BITS = {USAGE_FAULT: 12, MEM_MANAGE: 13, BUS_FAULT: 14, SV_CALL: 15}


@dataclass(frozen=True)
class Masks:
    """The core's mask registers."""

    primask: int
    faultmask: int
    basepri: int


class Nvic:
    """Placed at 0xE000E000. Interrupt lines are levels: `sources` gives each number's function that reads its line."""

    def __init__(
        self,
        irqs: int,
        priority_bits: int,
        sources: Mapping[int, Callable[[], bool]],
        priority_group: Callable[[], int],
    ) -> None:
        """`priority_bits` is how many of the eight bits of a priority the chip implements, from the highest down."""
        self._sources = sources
        self._priority_group = priority_group
        self._priority_mask = 0xFF & 0xFF << 8 - priority_bits
        words = (irqs + 31) // 32
        kept = 0x01010101 * self._priority_mask
        self._priorities = [Register(f"IPR{i}", 0x400 + 4 * i, 0, kept, ALL_BITS) for i in range(8 * words)]
        self._system_priorities = [Register(f"SHPR{i + 1}", 0xD18 + 4 * i, 0, kept, ALL_BITS) for i in range(3)]
        self.faults = FaultStatus()
        self._shcsr = Register("SHCSR", 0xD24, 0, 0x70000, 0xFD8B, self._read_shcsr)
        self.registers = [
            Register("ICTR", 0x004, words - 1, 0),
            Register("ACTLR", 0x008, 0, 0x1FFFFFFF),
            *(register for index in range(words) for register in self._word_registers(index)),
            *self._priorities,
            *self._system_priorities,
            Register("ICSR", 0xD04, 0, 0, ALL_BITS, self._read_icsr, self._write_icsr),
            self._shcsr,
            *self.faults.registers,
            Register("STIR", 0xF00, 0, 0, 0x1FF, write=lambda value: self.pend(_FIRST_IRQ + (value & 0x1FF))),
        ]
        self.reset()

    def reset(self) -> None:
        self._enabled = 0  # one bit for each exception number
        self._pending = 0
        self._active: list[int] = []

    @property
    def used(self) -> bool:
        """Whether firmware has anything that could interrupt it."""
        return bool(self._enabled or self._pending)

    @property
    def active(self) -> int:
        """Number of the exception that runs, 0 in thread mode."""
        return self._active[-1] if self._active else 0

    def pend(self, number: int) -> None:
        self._pending |= 1 << number

    def activate(self, number: int) -> None:
        """The core enters `number`."""
        self._pending &= ~(1 << number)
        self._active.append(number)

    def deactivate(self) -> None:
        """The core returns from the exception that runs."""
        if self._active:
            self._active.pop()

    def look(self) -> None:
        """Make every enabled interrupt pending whose line is active."""
        for irq, line in self._sources.items():
            number = _FIRST_IRQ + irq
            if self._enabled >> number & 1 and number not in self._active and line():
                self._pending |= 1 << number

    def wakes(self) -> bool:
        """Whether something is pending that ends WFI, masked by PRIMASK or not."""
        return self.next(Masks(0, 0, 0)) is not None

    def takes(self, number: int, masks: Masks) -> bool:
        """Whether the core can take the fault or call `number` at once; otherwise it becomes a HardFault."""
        enable = _FAULT_ENABLES.get(number, 0)
        if enable and not self._shcsr.value & enable:
            return False
        return self._group(self._priority(number)) < self._running_priority(masks)

    def next(self, masks: Masks) -> int | None:
        """Return the exception that the core takes now, None if it goes on."""
        ready = self._pending & (self._enabled | (1 << _FIRST_IRQ) - 1)
        if not ready:
            return None
        numbers = [number for number in range(2, ready.bit_length()) if ready >> number & 1]
        best = min(numbers, key=lambda number: (self._priority(number), number))
        return best if self._group(self._priority(best)) < self._running_priority(masks) else None

    def _running_priority(self, masks: Masks) -> int:
        limits = [self._group(self._priority(number)) for number in self._active]
        if masks.faultmask & 1:
            limits.append(-1)
        if masks.primask & 1:
            limits.append(0)
        if masks.basepri & self._priority_mask:
            limits.append(self._group(masks.basepri & self._priority_mask))
        return min(limits, default=_THREAD_PRIORITY)

    def _priority(self, number: int) -> int:
        if number in _FIXED_PRIORITIES:
            return _FIXED_PRIORITIES[number]
        table, index = (
            (self._priorities, number - _FIRST_IRQ) if number >= _FIRST_IRQ else (self._system_priorities, number - 4)
        )
        return table[index // 4].value >> 8 * (index % 4) & 0xFF

    def _group(self, priority: int) -> int:
        """Only the group part of a priority decides on preemption (ARMv7-M B1.5.4)."""
        return priority if priority < 0 else priority >> self._priority_group() + 1 << self._priority_group() + 1

    def _word_registers(self, index: int) -> list[Register]:
        shift = _FIRST_IRQ + 32 * index

        def enabled() -> int:
            return self._enabled >> shift & ALL_BITS

        def pending() -> int:
            return self._pending >> shift & ALL_BITS

        def active() -> int:
            return sum(1 << number - shift for number in self._active if 0 <= number - shift < 32)

        def change(name: str, on: bool) -> Callable[[int], None]:
            def write(value: int) -> None:
                bits = getattr(self, name)
                setattr(self, name, bits | value << shift if on else bits & ~(value << shift))

            return write

        rows = (
            ("ISER", 0x100, enabled, change("_enabled", True)),
            ("ICER", 0x180, enabled, change("_enabled", False)),
            ("ISPR", 0x200, pending, change("_pending", True)),
            ("ICPR", 0x280, pending, change("_pending", False)),
            ("IABR", 0x300, active, None),
        )
        return [
            Register(f"{name}{index}", offset + 4 * index, 0, 0, ALL_BITS, read, write)
            for name, offset, read, write in rows
        ]

    def _read_icsr(self) -> int:
        pending = next((number for number in range(2, 512) if self._pending >> number & 1), 0)
        return (
            self.active
            | (len(self._active) <= 1) << 11
            | pending << 12
            | bool(self._pending >> _FIRST_IRQ) << 22
            | bit(self._pending, SYS_TICK) << 26
            | bit(self._pending, PEND_SV) << 28
        )

    def _write_icsr(self, value: int) -> None:
        for set_bit, clear_bit, number in ((28, 27, PEND_SV), (26, 25, SYS_TICK)):
            if bit(value, set_bit):
                self._pending |= 1 << number
            if bit(value, clear_bit):
                self._pending &= ~(1 << number)
        if bit(value, 31):
            self.pend(_NMI)

    def _read_shcsr(self) -> int:
        active = sum(1 << position for number, position in _ACTIVE_BITS.items() if number in self._active)
        pending = sum(1 << at for number, at in _PENDING_BITS.items() if self._pending >> number & 1)
        return self._shcsr.value | active | pending
