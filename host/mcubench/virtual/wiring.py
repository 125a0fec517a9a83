"""What a chip's table of peripherals is built from, and what a board needs to know of a chip."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from mcubench.errors import InputError
from mcubench.virtual.bus import Bus
from mcubench.virtual.idle import PollWatch
from mcubench.virtual.journal import Journal
from mcubench.virtual.machine import Memory
from mcubench.virtual.memory import MemoryBus
from mcubench.virtual.peripherals.nvic import Nvic
from mcubench.virtual.peripherals.systick import SysTick
from mcubench.virtual.reset import ResetCause
from mcubench.virtual.time import VirtualTime
from mcubench.virtual.timing import CoreModel, CycleCounter, MemoryRegion
from mcubench.virtual.uart_line import UartLine

__all__ = ["UID_BEGINNING", "Chip", "ChipParts", "Watchdog", "Wiring"]


# What tells the host that a board is a virtual one and its timing modelled.
UID_BEGINNING = b"virtual"


@dataclass(frozen=True)
class Wiring:
    """The rest of the board, as a chip's peripherals see it."""

    bus: Bus
    counter: CycleCounter
    virtual: VirtualTime
    polls: PollWatch
    journal: Journal
    memory: MemoryBus
    line: UartLine
    oscillator_hz: Callable[[str, float], float]  # name and nominal frequency to the true one
    request_reset: Callable[[ResetCause], None]
    window: Callable[[bool], None]  # the pin that marks the timed window went high or low


class Watchdog(Protocol):
    """Resets the chip unless firmware tells it in time not to."""

    def bite_s(self) -> float | None:
        """The moment at which it does so, None while it is off."""


class ChipParts(Protocol):
    """The built peripherals of one chip, beyond their registers."""

    @property
    def nvic(self) -> Nvic: ...

    @property
    def systick(self) -> SysTick: ...

    @property
    def vector_table(self) -> int:
        """Address of the vector table that the core uses now."""

    @property
    def watchdog(self) -> Watchdog: ...

    def reset_by(self, cause: ResetCause) -> None:
        """Show the firmware why it starts; called after all registers were reset."""

    def sync(self) -> None:
        """Let everything happen that is due by now."""


@dataclass(frozen=True)
class Chip:
    """A chip as data, and the function that builds its peripherals."""

    name: str
    core: CoreModel
    unicorn_model: int
    boot_hz: float  # CPU clock after reset, nominal
    oscillators: tuple[str, ...]  # those that a fault may detune
    vector_table: int
    memories: tuple[Memory, ...]
    constants: Mapping[int, bytes]  # contents of read-only memory: unique id, sizes
    uid_address: int  # which of the constants is the unique id
    windows: tuple[MemoryRegion, ...]  # device address ranges
    unmodelled: Mapping[int, tuple[int, str]]  # start to size and name of peripherals without a model
    build: Callable[[Wiring], ChipParts]
    lockup_resets: bool = False  # whether a locked-up core resets the chip

    @property
    def uid(self) -> bytes:
        """The chip's unique id, as firmware reads it."""
        return self.constants[self.uid_address]

    @property
    def flash(self) -> MemoryRegion:
        """The memory that firmware is programmed into and starts from."""
        return next(memory.region for memory in self.memories if memory.region.holds(self.vector_table))

    def with_uid(self, digits: str) -> Chip:
        """Return the chip with another unique id, given in hex; InputError if a virtual one cannot have it."""
        try:
            uid = bytes.fromhex(digits)
        except ValueError:
            uid = b""
        if len(uid) != len(self.uid) or not uid.startswith(UID_BEGINNING):
            raise InputError(
                f"unique id {digits}: that of a virtual {self.name} has {2 * len(self.uid)} hex digits and begins with "
                f"{UID_BEGINNING.hex()}, as in {self.uid.hex()}"
            )
        return replace(self, constants={**self.constants, self.uid_address: uid})
