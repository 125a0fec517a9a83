"""Registers as data: a peripheral is a list of these, and what their handlers do."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

__all__ = ["ALL_BITS", "Peripheral", "Poll", "Register", "Stored", "bit", "plain_registers"]

ALL_BITS = 0xFFFFFFFF


class Poll(enum.Enum):
    """What firmware waits for when it reads a register over and over."""

    NEVER = enum.auto()  # its value follows the cycle counter, or does not change by itself
    EVENT = enum.auto()  # changes at a moment the model knows: a ready flag, the end of a transmission
    LINE = enum.auto()  # changes as well when something arrives from outside


@dataclass(eq=False, slots=True)
class Register:
    """One 32-bit register.

    `writable` bits keep what firmware writes. `ignored` bits may be written without keeping it: status flags, keys,
    bits that are cleared by writing 1. All other bits are reserved; writing them differently from `reset` is reported.
    `read` returns the value of the moment; without it the stored one is read. `write` is called with the raw value
    after the writable bits have been stored. `write_part` takes the place of both where the width of the access counts:
    it is called with the value and its size in bytes.
    """

    name: str
    offset: int
    reset: int = 0
    writable: int = ALL_BITS
    ignored: int = 0
    read: Callable[[], int] | None = None
    write: Callable[[int], None] | None = None
    poll: Poll = Poll.NEVER
    write_part: Callable[[int, int], None] | None = None
    value: int = field(init=False)

    def __post_init__(self) -> None:
        self.value = self.reset

    @property
    def kept(self) -> int:
        """What a write to a part of the register leaves of the rest: flags that are cleared by writing 1 stay."""
        return (self.value & self.writable) | (self.reset & ~self.writable & ALL_BITS & ~self.ignored)

    def get(self) -> int:
        return self.value if self.read is None else self.read()

    def set(self, value: int) -> None:
        self.value = (self.value & ~self.writable) | (value & self.writable)
        if self.write is not None:
            self.write(value)

    def reserved_written(self, value: int) -> int:
        """Return the reserved bits that `value` would change."""
        return (value ^ self.reset) & ~(self.writable | self.ignored) & ALL_BITS


class Peripheral(Protocol):
    """A block of registers with behaviour; `reset` comes after every register has its reset value again."""

    @property
    def registers(self) -> Sequence[Register]: ...

    def reset(self) -> None: ...


class Stored:
    """A block of registers that only store: rows as of `plain_registers`."""

    def __init__(self, table: Sequence[tuple[str, int, int, int]]) -> None:
        self.registers = plain_registers(table)

    def reset(self) -> None:
        """The registers' reset values are all there is."""


def bit(value: int, position: int) -> bool:
    return bool(value >> position & 1)


def plain_registers(table: Sequence[tuple[str, int, int, int]]) -> list[Register]:
    """Return registers that only store: rows of name, offset, reset value, writable bits."""
    return [Register(name, offset, reset, writable) for name, offset, reset, writable in table]
