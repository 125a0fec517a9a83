"""CLOCK and POWER of nRF52840, which share an address: oscillators, and why the chip started (PS, CLOCK and POWER).

Not modelled: calibration of the low-frequency RC oscillator, sleep events, USB power, System OFF.
"""

from __future__ import annotations

from collections.abc import Callable

from mcubench.virtual.journal import Journal
from mcubench.virtual.peripherals.nrf_signals import Interconnect, Signals, Task
from mcubench.virtual.peripherals.ready_flag import ReadyFlag
from mcubench.virtual.registers import ALL_BITS, Poll, Register, plain_registers
from mcubench.virtual.reset import ResetCause
from mcubench.virtual.time import VirtualTime

__all__ = ["LFXO_HZ", "NrfClock"]

LFXO_HZ = 32768.0

# The crystal is taken for ready after its debounce time and this. With the register's reset value that makes the
# 0.36 ms which the nRF52832's specification calls typical; that of the nRF52840 was not at hand to check.
_HFXO_START_S = 0.1e-3
_DEBOUNCE_UNIT_S = 16e-6
# LFRC, LFXO and the clock synthesised from HFCLK, by LFCLKSRC. Typical values, not checked at a source.
_LFCLK_START_S = (0.6e-3, 0.25, 0.1e-3)
_XTAL, _STATE_RUNNING = 1 << 0, 1 << 16
_RESETPIN, _DOG, _SREQ, _LOCKUP = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_CAUSE_FLAGS = {
    ResetCause.PIN: _RESETPIN,
    ResetCause.WATCHDOG: _DOG,
    ResetCause.SOFTWARE: _SREQ,
    ResetCause.LOCKUP: _LOCKUP,
}
_RC = 0  # LFCLKSRC
_RESETREAS_BITS = 0x001F000F


class NrfClock:
    """The CPU runs from HFXO once that has started, from HFINT before and after."""

    def __init__(
        self,
        base: int,
        interconnect: Interconnect,
        virtual: VirtualTime,
        hfint_hz: float,
        hfxo_hz: float,
        lfrc_hz: float,
        journal: Journal,
    ) -> None:
        """True frequencies, as the CPU gets them; an `hfxo_hz` of 0 is a crystal that never starts."""
        self._virtual = virtual
        self._hfint_hz = hfint_hz
        self._hfxo_hz = hfxo_hz
        self._lfrc_hz = lfrc_hz
        self._journal = journal
        self._signals = signals = Signals(base, interconnect, virtual)
        self._hfxo = ReadyFlag(virtual, _HFXO_START_S, works=hfxo_hz > 0)
        self._lfclk = ReadyFlag(virtual, _LFCLK_START_S[0])
        self._hfxo_started = signals.add_event("HFCLKSTARTED", 0x100, Poll.EVENT)
        self._lfclk_started = signals.add_event("LFCLKSTARTED", 0x104, Poll.EVENT)
        for name, offset in _SILENT_EVENTS:
            signals.add_event(name, offset)
        for name, offset, task in (
            ("HFCLKSTART", 0x00, self._start_hfxo),
            ("HFCLKSTOP", 0x04, self._stop_hfxo),
            ("LFCLKSTART", 0x08, self._start_lfclk),
            ("LFCLKSTOP", 0x0C, self._stop_lfclk),
        ):
            signals.add_task(name, offset, task)
        for name, offset in _UNMODELLED_TASKS:
            signals.add_task(name, offset, self._ignore(name))
        self._hfclkrun = Register("HFCLKRUN", 0x408, 0, 0)
        self._lfclkrun = Register("LFCLKRUN", 0x414, 0, 0)
        self._debounce = Register("HFXODEBOUNCE", 0x528, 0x10, 0xFF)
        self._source = Register("LFCLKSRC", 0x518, 0, 0x30003)
        self._source_copy = Register("LFCLKSRCCOPY", 0x41C, 0, 0)
        self._resetreas = Register("RESETREAS", 0x400, 0, 0, _RESETREAS_BITS, self._read_causes, self._clear_causes)
        self._kept = [
            Register(name, offset, 0, 0xFF, write=self._keep(name))
            for name, offset in (("GPREGRET", 0x51C), ("GPREGRET2", 0x520))
        ]
        self._retained: dict[str, int] = {}
        self.registers = [
            *signals.registers(),
            *(self._debounce, self._source, self._source_copy, self._resetreas, *self._kept),
            *(self._hfclkrun, self._lfclkrun),
            Register("HFCLKSTAT", 0x40C, 0, 0, read=self._read_hfclkstat, poll=Poll.EVENT),
            Register("LFCLKSTAT", 0x418, 0, 0, read=self._read_lfclkstat, poll=Poll.EVENT),
            # APPROTECT; Nordic's start-up code copies a whole word of UICR to it, reserved bits included.
            Register("DISABLE", 0x558, 0, 0xFF, ALL_BITS),
            *plain_registers(_PLAIN),
            *plain_registers([row for n in range(9) for row in _ram_power(n)]),
        ]
        self._before_change: list[Callable[[], None]] = []
        self._after_change: list[Callable[[], None]] = []
        self._causes = 0
        self._on_crystal = self._lfclk_runs = False
        self.reset()

    def reset(self) -> None:
        self._signals.reset()
        for flag in (self._hfxo, self._lfclk):
            flag.reset()
        self._switch(on_crystal=False, lfclk_runs=False)

    def reset_by(self, cause: ResetCause) -> None:
        """Add the reason to RESETREAS, which collects until firmware clears it (PS, POWER, "Reset")."""
        if cause not in (ResetCause.SOFTWARE, ResetCause.LOCKUP):
            self._retained.clear()
        for register in self._kept:
            register.value = self._retained.get(register.name, 0)
        self._causes = 0 if cause is ResetCause.POWER_ON else self._causes | _CAUSE_FLAGS[cause]

    def on_change(self, before: Callable[[], None], after: Callable[[], None]) -> None:
        """Have `before` and `after` called whenever the frequency of a clock changes."""
        self._before_change.append(before)
        self._after_change.append(after)

    @property
    def interrupt(self) -> bool:
        return self._signals.interrupt

    @property
    def hfclk_hz(self) -> float:
        return self._hfxo_hz if self._on_crystal else self._hfint_hz

    @property
    def lfclk_hz(self) -> float:
        if not self._lfclk_runs:
            return 0.0
        return self._lfrc_hz if self._source_copy.value == _RC else LFXO_HZ

    @property
    def watchdog_hz(self) -> float:
        """The watchdog has the RC oscillator while no other source runs (PS, WDT)."""
        return self.lfclk_hz or self._lfrc_hz

    def sync(self) -> None:
        """Notice oscillators that have started."""
        now_s = self._virtual.now_s
        if self._hfxo.ready and not self._on_crystal:
            self._switch(on_crystal=True, lfclk_runs=self._lfclk_runs)
            self._hfxo_started.trigger(now_s)
        if self._lfclk.ready and not self._lfclk_runs:
            self._switch(on_crystal=self._on_crystal, lfclk_runs=True)
            self._lfclk_started.trigger(now_s)

    def next_event_s(self) -> float | None:
        moments = (self._hfxo.next_event_s(), self._lfclk.next_event_s())
        return min((moment for moment in moments if moment is not None), default=None)

    def _switch(self, on_crystal: bool, lfclk_runs: bool) -> None:
        for listener in self._before_change:
            listener()
        self._on_crystal, self._lfclk_runs = on_crystal, lfclk_runs
        for listener in self._after_change:
            listener()

    def _start_hfxo(self, at_s: float, _count: int) -> None:
        self._hfclkrun.value = 1
        if self._on_crystal:
            self._hfxo_started.trigger(at_s)
            return
        self._hfxo.delay_s = _HFXO_START_S + _DEBOUNCE_UNIT_S * self._debounce.value
        self._hfxo.enable(True)

    def _stop_hfxo(self, _at_s: float, _count: int) -> None:
        self._hfclkrun.value = 0
        self._hfxo.enable(False)
        self._switch(on_crystal=False, lfclk_runs=self._lfclk_runs)

    def _start_lfclk(self, _at_s: float, _count: int) -> None:
        source = self._source.value & 3
        if source >= len(_LFCLK_START_S):
            self._journal.violation("lfclksrc", f"CLOCK_LFCLKSRC: source {source} does not exist")
            return
        self._source_copy.value = source
        self._lfclkrun.value = 1
        self._lfclk.delay_s = _LFCLK_START_S[source]
        self._lfclk.enable(True)

    def _stop_lfclk(self, _at_s: float, _count: int) -> None:
        self._lfclkrun.value = 0
        self._lfclk.enable(False)
        self._switch(on_crystal=self._on_crystal, lfclk_runs=False)

    def _ignore(self, name: str) -> Task:
        return lambda _at_s, _count: self._journal.violation(
            f"clock {name}", f"CLOCK_TASKS_{name}: not modelled: nothing happens"
        )

    def _keep(self, name: str) -> Callable[[int], None]:
        def keep(value: int) -> None:
            self._retained[name] = value & 0xFF

        return keep

    def _read_hfclkstat(self) -> int:
        return _STATE_RUNNING | (_XTAL if self._on_crystal else 0)

    def _read_lfclkstat(self) -> int:
        return _STATE_RUNNING | self._source_copy.value if self._lfclk_runs else 0

    def _read_causes(self) -> int:
        return self._causes

    def _clear_causes(self, value: int) -> None:
        self._causes &= ~value


def _ram_power(block: int) -> tuple[tuple[str, int, int, int], ...]:
    base = 0x900 + 0x10 * block
    return (
        (f"RAM{block}_POWER", base, 0xFFFF, 0xFFFFFFFF),
        (f"RAM{block}_POWERSET", base + 4, 0xFFFF, 0xFFFFFFFF),
        (f"RAM{block}_POWERCLR", base + 8, 0xFFFF, 0xFFFFFFFF),
    )


# What never happens here; firmware may clear or enable it all the same.
_SILENT_EVENTS = (
    ("POFWARN", 0x108),
    ("DONE", 0x10C),
    ("CTTO", 0x110),
    ("SLEEPENTER", 0x114),
    ("SLEEPEXIT", 0x118),
    ("USBDETECTED", 0x11C),
    ("USBREMOVED", 0x120),
    ("USBPWRRDY", 0x124),
    ("CTSTARTED", 0x128),
    ("CTSTOPPED", 0x12C),
)
_UNMODELLED_TASKS = (("CAL", 0x10), ("CTSTART", 0x14), ("CTSTOP", 0x18))
# Name, offset, reset value, writable bits: stored, without effect here.
_PLAIN = (
    ("TASKS_CONSTLAT", 0x078, 0, 1),
    ("TASKS_LOWPWR", 0x07C, 0, 1),
    ("RAMSTATUS", 0x428, 0xF, 0),
    ("USBREGSTATUS", 0x438, 0, 0),
    ("POFCON", 0x510, 0, 0xF1F),
    ("CTIV", 0x538, 0, 0x7F),
    ("FORCEPROTECT", 0x550, 0, 0xFF),
    ("TRACECONFIG", 0x55C, 0, 0x30003),
    ("DCDCEN", 0x578, 0, 1),
    ("DCDCEN0", 0x580, 0, 1),
    ("LFRCMODE", 0x5B4, 0, 1),
    ("MAINREGSTATUS", 0x640, 0, 0),
)
