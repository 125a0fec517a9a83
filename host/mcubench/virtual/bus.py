"""Routes the firmware's device accesses to registers, and reports those that real silicon would not serve."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from unicorn import Uc

from mcubench.virtual.idle import PollWatch
from mcubench.virtual.journal import Journal
from mcubench.virtual.registers import Peripheral, Poll, Register

__all__ = ["Bus", "Gate"]

_SIZE_MASKS = {1: 0xFF, 2: 0xFFFF, 4: 0xFFFFFFFF}


@dataclass(frozen=True)
class Gate:
    """The clock-enable bits a peripheral needs: without them its reads give 0 and its writes are lost."""

    register: Register
    mask: int
    name: str

    @property
    def open(self) -> bool:
        return bool(self.register.value & self.mask)


@dataclass(eq=False, slots=True)
class _Target:
    register: Register
    name: str
    gate: Gate | None
    sync: Callable[[], None] | None


class Bus:
    """The device address space of one chip."""

    def __init__(self, journal: Journal, polls: PollWatch, unmodelled: Mapping[int, tuple[int, str]]) -> None:
        """`unmodelled` maps a start address to size and name of what the chip has there and the model has not."""
        self._journal = journal
        self._polls = polls
        self._unmodelled = unmodelled
        self._targets: dict[int, _Target] = {}
        self._peripherals: list[Peripheral] = []
        self._scratch: dict[int, int] = {}
        self.after_write: Callable[[], None] = lambda: None

    def place(
        self,
        name: str,
        base: int,
        peripheral: Peripheral,
        gate: Gate | None = None,
        sync: Callable[[], None] | None = None,
    ) -> None:
        """Put a peripheral's registers at `base`; `sync` brings it up to date before each access."""
        self._peripherals.append(peripheral)
        for register in peripheral.registers:
            self._targets[base + register.offset] = _Target(register, f"{name}_{register.name}", gate, sync)

    def attach(self, uc: Uc, windows: Sequence[tuple[int, int]]) -> None:
        """Serve the address ranges `windows` (start, size) of the emulator."""
        for start, size in windows:
            uc.mmio_map(start, size, self._on_read, start, self._on_write, start)

    def reset(self) -> None:
        """Give every register its reset value, then every peripheral."""
        self._scratch.clear()
        for target in self._targets.values():
            target.register.value = target.register.reset
        for peripheral in self._peripherals:
            peripheral.reset()

    def _on_read(self, _uc: Uc, offset: int, size: int, start: int) -> int:
        address = start + offset
        target = self._targets.get(address & ~3)
        if target is None:
            value = self._read_unmodelled(address & ~3)
        elif target.gate is not None and not target.gate.open:
            self._report_gate(target)
            value = 0
        else:
            if target.sync is not None:
                target.sync()
            value = target.register.get()
            if target.register.poll is not Poll.NEVER:
                value = self._polls.watch(target.register, target.sync, value)
        return value >> 8 * (address & 3) & _SIZE_MASKS[size]

    def _on_write(self, _uc: Uc, offset: int, size: int, value: int, start: int) -> None:
        address = start + offset
        target = self._targets.get(address & ~3)
        if target is None:
            self._write_unmodelled(address & ~3, _merge(self._scratch.get(address & ~3, 0), address, size, value))
        elif target.gate is not None and not target.gate.open:
            self._report_gate(target)
        elif target.register.write_part is not None:
            target.register.write_part(value, size)
        else:
            self._write(target, _merge(target.register.kept, address, size, value))

    def _write(self, target: _Target, value: int) -> None:
        reserved = target.register.reserved_written(value)
        if reserved:
            self._journal.violation(
                f"reserved {target.name}",
                f"{target.name}: 0x{value:08x} written, which changes the reserved bits 0x{reserved:08x}",
            )
        if target.sync is not None:
            target.sync()
        target.register.set(value)
        self.after_write()

    def _report_gate(self, target: _Target) -> None:
        gate = target.gate
        assert gate is not None  # only called for a target that has one
        self._journal.violation(
            f"gate {target.name}",
            f"{target.name}: accessed while its clock is off ({gate.name} bit {gate.mask.bit_length() - 1} is 0): "
            "reads give 0, writes are lost",
        )

    def _read_unmodelled(self, address: int) -> int:
        self._report_unmodelled(address, "read")
        return self._scratch.get(address, 0)

    def _write_unmodelled(self, address: int, value: int) -> None:
        self._report_unmodelled(address, f"written (0x{value:08x})")
        self._scratch[address] = value

    def _report_unmodelled(self, address: int, what: str) -> None:
        for start, (size, name) in self._unmodelled.items():
            if start <= address < start + size:
                place = f"{name} + 0x{address - start:x}"
                break
        else:
            place = "no peripheral there"
        self._journal.violation(
            f"unmodelled {address:x}",
            f"register 0x{address:08x} ({place}) {what}: not modelled, it acts as plain memory",
        )


def _merge(word: int, address: int, size: int, value: int) -> int:
    """Return `word` with the `size` bytes at `address` replaced: a byte or half-word write."""
    shift = 8 * (address & 3)
    mask = _SIZE_MASKS[size] << shift
    return (word & ~mask & 0xFFFFFFFF) | (value << shift & mask)
