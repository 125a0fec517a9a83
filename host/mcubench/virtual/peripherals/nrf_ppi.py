"""PPI of nRF52840: channels that let an event of one peripheral trigger tasks of others (PS, chapter PPI).

Of the channels with fixed ends only those between modelled peripherals are: RTC0 to TIMER0.
"""

from __future__ import annotations

from mcubench.virtual.journal import Journal
from mcubench.virtual.peripherals.nrf_signals import Interconnect
from mcubench.virtual.registers import Register
from mcubench.virtual.time import VirtualTime

__all__ = ["NrfPpi"]

_CHANNELS, _PROGRAMMABLE, _GROUPS = 32, 20, 6
# PS, PPI, "Pre-programmed channels": RTC0 COMPARE[0] to TIMER0 CLEAR and to TIMER0 START.
_FIXED = {30: (0x4000B140, 0x4000800C), 31: (0x4000B140, 0x40008000)}


class NrfPpi:
    """Channels, forks and channel groups."""

    def __init__(self, base: int, interconnect: Interconnect, virtual: VirtualTime, journal: Journal) -> None:
        self._interconnect = interconnect
        self._virtual = virtual
        self._journal = journal
        self._enabled = Register("CHEN", 0x500, write=lambda _value: self._connect())
        self._ends = [
            (self._end(f"CH{n}_EEP", 0x510 + 8 * n), self._end(f"CH{n}_TEP", 0x514 + 8 * n))
            for n in range(_PROGRAMMABLE)
        ]
        self._forks = [self._end(f"FORK{n}_TEP", 0x910 + 4 * n) for n in range(_CHANNELS)]
        self._groups = [Register(f"CHG{n}", 0x800 + 4 * n) for n in range(_GROUPS)]
        self.registers = [
            self._enabled,
            Register("CHENSET", 0x504, 0, 0, 0xFFFFFFFF, self._read_enabled, lambda value: self._switch(value, True)),
            Register("CHENCLR", 0x508, 0, 0, 0xFFFFFFFF, self._read_enabled, lambda value: self._switch(value, False)),
            *(register for pair in self._ends for register in pair),
            *self._forks,
            *self._groups,
        ]
        for n in range(_GROUPS):
            self._add_group_task(base, f"TASKS_CHG{n}_EN", n, True)
            self._add_group_task(base, f"TASKS_CHG{n}_DIS", n, False)

    def reset(self) -> None:
        self._interconnect.connect({})

    def _end(self, name: str, offset: int) -> Register:
        return Register(name, offset, write=lambda _value: self._connect())

    def _add_group_task(self, base: int, name: str, group: int, on: bool) -> None:
        def task(_at_s: float, _count: int) -> None:
            self._switch(self._groups[group].value, on)

        offset = 8 * group + (0 if on else 4)
        self._interconnect.tasks[base + offset] = task
        self.registers.append(
            Register(name, offset, 0, 0, 1, write=lambda value: task(self._virtual.now_s, 1) if value & 1 else None)
        )

    def _read_enabled(self) -> int:
        return self._enabled.value

    def _switch(self, channels: int, on: bool) -> None:
        self._enabled.value = self._enabled.value | channels if on else self._enabled.value & ~channels
        self._connect()

    def _connect(self) -> None:
        routes: dict[int, list[int]] = {}
        for channel in range(_CHANNELS):
            if self._enabled.value >> channel & 1:
                event, tasks = self._ends_of(channel)
                for task in tasks:
                    if event and task and self._is_modelled(channel, event, task):
                        routes.setdefault(event, []).append(task)
        self._interconnect.connect(routes)

    def _ends_of(self, channel: int) -> tuple[int, tuple[int, int]]:
        fork = self._forks[channel].value
        if channel < _PROGRAMMABLE:
            event, task = self._ends[channel]
            return event.value, (task.value, fork)
        if channel not in _FIXED:
            self._journal.violation(
                f"ppi fixed {channel}", f"PPI channel {channel}: its ends are fixed to the radio, which is not modelled"
            )
            return 0, (0, 0)
        return _FIXED[channel][0], (_FIXED[channel][1], fork)

    def _is_modelled(self, channel: int, event: int, task: int) -> bool:
        for address, known, what in (
            (event, self._interconnect.events, "event"),
            (task, self._interconnect.tasks, "task"),
        ):
            if address not in known:
                self._journal.violation(
                    f"ppi {channel} {address:x}",
                    f"PPI channel {channel}: 0x{address:08x} is no {what} of a modelled peripheral: nothing happens",
                )
                return False
        return True
