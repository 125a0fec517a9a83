"""Independent watchdog of STM32F7 (RM0385 chapter 26): a down-counter of the LSI that nothing but a reset stops."""

from __future__ import annotations

from collections.abc import Callable

from mcubench.virtual.journal import Journal
from mcubench.virtual.registers import Poll, Register
from mcubench.virtual.time import ROUNDING_S, VirtualTime

__all__ = ["Iwdg"]

_START, _ACCESS, _RELOAD = 0xCCCC, 0x5555, 0xAAAA
_HIGHEST = 0xFFF
# RM0385 26.4.4: an update of PR, RLR or WINR takes up to five cycles of the LSI.
_UPDATE_TICKS = 5


class Iwdg:
    """Placed at 0x40003000. A new value counts at once, although its flag in SR says when it may be relied on."""

    def __init__(
        self,
        lsi_hz: float,
        start_lsi: Callable[[], None],
        lsi_runs: Callable[[], bool],
        virtual: VirtualTime,
        journal: Journal,
        bite: Callable[[], None],
    ) -> None:
        """`lsi_hz` is the LSI's true frequency; `bite` resets the chip."""
        self._lsi_hz = lsi_hz
        self._start_lsi = start_lsi
        self._lsi_runs = lsi_runs
        self._virtual = virtual
        self._journal = journal
        self._bite = bite
        self._pr = Register("PR", 0x04, 0, 0, 0x7)
        self._rlr = Register("RLR", 0x08, _HIGHEST, 0, _HIGHEST)
        self._winr = Register("WINR", 0x10, _HIGHEST, 0, _HIGHEST)
        self._protected = (self._pr, self._rlr, self._winr)  # in the order of their flags in SR
        for register in self._protected:
            register.write = self._update(register)
        self.registers = [
            Register("KR", 0x00, 0, 0, 0xFFFF, write=self._write_kr),
            *self._protected,
            Register("SR", 0x0C, 0, 0, read=self._read_sr, poll=Poll.EVENT),
        ]
        self.reset()

    def reset(self) -> None:
        self._running = self._writable = False
        self._updated_s: dict[str, float] = {}  # by register: when its flag falls, once the LSI runs
        self._count = _HIGHEST
        self._anchor_s = 0.0  # when the count was that

    def bite_s(self) -> float | None:
        """The moment at which it resets the chip if firmware does nothing more, None while it is off."""
        return self._anchor_s + (self._count + 1) * self._tick_s() if self._running else None

    def sync(self) -> None:
        """Bite if the time has come."""
        bite_s = self.bite_s()
        if bite_s is not None and self._virtual.now_s + ROUNDING_S >= bite_s:
            self._running = False
            self._bite()

    def next_event_s(self) -> float | None:
        """The moment at which the next flag falls."""
        moments = [at_s for at_s in self._updated_s.values() if at_s > self._virtual.now_s + ROUNDING_S]
        return min(moments, default=None) if self._lsi_runs() else None

    def _tick_s(self) -> float:
        return (4 << min(self._pr.value, 6)) / self._lsi_hz

    def _count_now(self) -> int:
        ticks = int((self._virtual.now_s + ROUNDING_S - self._anchor_s) / self._tick_s())
        return max(0, self._count - ticks)

    def _set_count(self, count: int) -> None:
        self._count = count
        self._anchor_s = self._virtual.now_s

    def _write_kr(self, value: int) -> None:
        self._writable = value == _ACCESS
        if value == _START and not self._running:
            self._start_lsi()
            self._running = True
            self._set_count(_HIGHEST)
        elif value == _RELOAD:
            self._reload()

    def _reload(self) -> None:
        if self._running and self._count_now() > self._winr.value:
            self._running = False
            self._bite()  # outside the window
        self._set_count(self._rlr.value)

    def _update(self, register: Register) -> Callable[[int], None]:
        def write(value: int) -> None:
            if not self._writable:
                self._journal.violation(
                    f"iwdg {register.name}", f"IWDG_{register.name}: written without 0x5555 in KR first: ignored"
                )
                return
            if self._is_busy(register):
                self._journal.violation(
                    f"iwdg busy {register.name}", f"IWDG_{register.name}: written while SR says that it is updated"
                )
                return
            count = self._count_now()
            register.value = value & register.ignored
            self._updated_s[register.name] = self._virtual.now_s + _UPDATE_TICKS / self._lsi_hz
            self._set_count(self._rlr.value if register is self._winr else count)
            if not self._lsi_runs():
                self._journal.violation(
                    "iwdg lsi", "IWDG: updated while the LSI is off: SR shows it as going on until the LSI starts"
                )

        return write

    def _is_busy(self, register: Register) -> bool:
        at_s = self._updated_s.get(register.name)
        return at_s is not None and not (self._lsi_runs() and self._virtual.now_s + ROUNDING_S >= at_s)

    def _read_sr(self) -> int:
        return sum(self._is_busy(register) << position for position, register in enumerate(self._protected))
