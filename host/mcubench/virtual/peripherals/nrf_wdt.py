"""Watchdog of nRF52840 (PS, chapter WDT): counts down the low-frequency clock, and outlives a soft reset.

Not modelled: standing still while the CPU sleeps (CONFIG.SLEEP 0).
"""

from __future__ import annotations

from collections.abc import Callable

from mcubench.virtual.journal import Journal
from mcubench.virtual.peripherals.nrf_signals import Interconnect, Signals
from mcubench.virtual.registers import ALL_BITS, Register
from mcubench.virtual.time import ROUNDING_S, VirtualTime

__all__ = ["NrfWdt"]

_RELOAD = 0x6E524635
_CHANNELS = 8
# PS, WDT, "Watchdog reset": the reset comes two cycles of the low-frequency clock after the event TIMEOUT.
_NOTICE_TICKS = 2
_SLEEP = 1 << 0


class NrfWdt:
    """Its settings are kept here and not in the registers, which every reset of the chip resets."""

    def __init__(
        self,
        base: int,
        interconnect: Interconnect,
        virtual: VirtualTime,
        lfclk_hz: Callable[[], float],
        journal: Journal,
        bite: Callable[[], None],
    ) -> None:
        """`lfclk_hz` is the true frequency of the clock that it gets; `bite` resets the chip."""
        self._virtual = virtual
        self._lfclk_hz = lfclk_hz
        self._journal = journal
        self._bite = bite
        self._signals = signals = Signals(base, interconnect, virtual)
        signals.add_task("START", 0x000, lambda at_s, _count: self._start(at_s))
        self._timeout = signals.add_event("TIMEOUT", 0x100)
        self._settings: dict[str, int] = {}
        self.registers = [
            *signals.registers(),
            Register("RUNSTATUS", 0x400, 0, 0, read=lambda: int(self._running)),
            Register("REQSTATUS", 0x404, 1, 0, read=lambda: self._requests),
            self._setting("CRV", 0x504, ALL_BITS),
            self._setting("RREN", 0x508, 0xFF),
            self._setting("CONFIG", 0x50C, 0x9),
            *(Register(f"RR{n}", 0x600 + 4 * n, 0, 0, ALL_BITS, write=self._reload(n)) for n in range(_CHANNELS)),
        ]
        self.stop()

    def reset(self) -> None:
        """A soft reset leaves it running; `stop` is for the others."""
        self._signals.reset()

    def stop(self) -> None:
        """Become as after power-on."""
        self._settings.update(CRV=ALL_BITS, RREN=1, CONFIG=1)
        self._running = self._noticed = False
        self._requests = 1
        self._anchor_s = 0.0  # when it was reloaded
        self._hz = self._lfclk_hz()  # the clock that it counts, until that changes

    @property
    def interrupt(self) -> bool:
        return self._signals.interrupt

    def bite_s(self) -> float | None:
        """The moment at which it resets the chip if firmware does nothing more, None while it is off."""
        return self._timeout_s() + _NOTICE_TICKS / self._hz if self._running else None

    def next_event_s(self) -> float | None:
        """The moment of TIMEOUT."""
        return self._timeout_s() if self._running and not self._noticed else None

    def sync(self) -> None:
        """Tell of the timeout, and bite, if the time has come."""
        if not self._running:
            return
        now_s = self._virtual.now_s + ROUNDING_S
        if not self._noticed and now_s >= self._timeout_s():
            self._noticed = True
            self._timeout.trigger(self._timeout_s())
        if now_s >= self._timeout_s() + _NOTICE_TICKS / self._hz:
            self._running = False
            self._bite()

    def clock_changed(self) -> None:
        """The low-frequency clock comes from elsewhere now: the count goes on from where it is."""
        hz = self._lfclk_hz()
        if self._running and hz != self._hz:
            self._anchor_s = self._virtual.now_s - (self._virtual.now_s - self._anchor_s) * self._hz / hz
        self._hz = hz

    def _timeout_s(self) -> float:
        return self._anchor_s + (self._settings["CRV"] + 1) / self._hz

    def _start(self, at_s: float) -> None:
        if self._running:
            return
        self._running = True
        self._anchor_s = at_s
        self._requests = self._settings["RREN"]
        if not self._settings["CONFIG"] & _SLEEP:
            self._journal.violation("wdt sleep", "WDT_CONFIG: standing still while the CPU sleeps is not modelled")

    def _reload(self, channel: int) -> Callable[[int], None]:
        def write(value: int) -> None:
            if value != _RELOAD or not self._running or self._noticed:
                return
            self._requests &= ~(1 << channel)
            if not self._requests:
                self._requests = self._settings["RREN"]
                self._anchor_s = self._virtual.now_s

        return write

    def _setting(self, name: str, offset: int, bits: int) -> Register:
        def write(value: int) -> None:
            if self._running:
                self._journal.violation(f"wdt {name}", f"WDT_{name}: written while it runs, which has no effect")
            else:
                self._settings[name] = value & bits

        return Register(name, offset, 0, 0, bits, lambda: self._settings[name], write)
