"""A whole virtual board: core, memories, peripherals, line and outside, running one firmware image."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from mcubench.outside import Outside
from mcubench.virtual.bus import Bus
from mcubench.virtual.faults import BoardFaults, Fault
from mcubench.virtual.idle import PollWatch
from mcubench.virtual.interrupts import Interrupts
from mcubench.virtual.journal import Journal
from mcubench.virtual.loader import Image
from mcubench.virtual.machine import Machine, Stop
from mcubench.virtual.programming import Programming, check_image, erase
from mcubench.virtual.reset import ResetCause
from mcubench.virtual.time import Pace, VirtualTime
from mcubench.virtual.uart_line import UartLine
from mcubench.virtual.wiring import Chip, Wiring

__all__ = ["VirtualBoard"]

_log = logging.getLogger("mcubench.virtual")

# How often, in virtual time, the board looks outside while its firmware computes.
_SLICE_S = 0.002
# No memory there on any of the chips.
_NOWHERE = 0x0BADC0DE


class VirtualBoard:
    """Runs firmware on a chip's model; `run` is the process's main loop.

    board = VirtualBoard(CHIPS["stm32f746"], load_image(path), PtyOutside())
    board.run(lambda: asked_to_stop)
    """

    def __init__(
        self,
        chip: Chip,
        image: Image | None,
        outside: Outside,
        faults: Iterable[Fault] = (),
        baud: int | None = None,
        strict: bool = False,
        real_time: bool = False,
    ) -> None:
        """Without `image` the flash is erased, and the core dead until a probe has loaded one.

        `baud` fixes the outside's bit rate; without it the outside has its own or follows the firmware's. With
        `real_time` virtual time never runs ahead of real time.
        Raises WrongImageError if the image does not fit the chip. With `strict`, `run` raises CheckFailedError at the
        first access that real silicon would not serve.
        """
        self._chip = chip
        self._outside = outside
        self._journal = Journal(strict)
        self._faults = BoardFaults(faults)
        self._faults.check_oscillators(chip.name, chip.oscillators)
        self._machine = Machine(chip.unicorn_model, chip.core, chip.memories, chip.windows)
        self._virtual = VirtualTime(self._machine.counter, chip.boot_hz)
        self._pace = Pace(self._virtual, outside.wait, real_time)
        self._polls = PollWatch(self._machine.counter, self._virtual, self._pace)
        self._line = UartLine(outside, self._faults, self._virtual, baud)
        self._bus = Bus(self._journal, self._polls, chip.unmodelled)
        self._pending_reset: ResetCause | None = None
        self._parts = chip.build(self._wiring())
        self._interrupts = Interrupts(self._machine, self._parts, self._virtual, self._polls)
        self._bus.after_write = self._polls.after_wait = self._interrupts.look
        self._bus.attach(self._machine.uc, [(window.start, window.size) for window in chip.windows])
        self._journal.where = self._machine.place
        self._journal.stop = self._machine.stop_soon
        self._polls.look_outside = self._line.collect
        self._faults.on_reset = self.pull_reset
        self._faults.on_core = self._misbehave
        self._crash = ""  # what the fault option still has to do to the core
        self._dead = False
        self._image: Image | None = None
        self._programming: Programming | None = None
        self._power_ons = 0
        for address, data in chip.constants.items():
            self._machine.memory.write(address, data)
        erase(chip, self._machine)
        if image is not None:
            check_image(chip, self._machine, image)
            self._machine.load(image)
            self._image = image
        self.power_cycle()

    @property
    def now_s(self) -> float:
        """Virtual seconds since power-on."""
        return self._virtual.now_s

    @property
    def cycles(self) -> int:
        """CPU cycles since power-on, idle time included."""
        return self._machine.counter.cycles

    @property
    def cpu_hz(self) -> float:
        """True frequency of the CPU clock."""
        return self._virtual.hz

    @property
    def image(self) -> Image | None:
        """The image in the flash, None if that is erased or half written."""
        return self._image

    def run(self, should_stop: Callable[[], bool], attend: Callable[[], None] = lambda: None) -> None:
        """Run the firmware until `should_stop` says so; it is asked, and `attend` called, every few milliseconds.

        What resets, programs or switches the board from another place than a signal handler does so in `attend`.
        """
        while not should_stop():
            attend()
            if self._dead:
                self._pass_dead_time()
            else:
                self._run_slice()
            if self._journal.failure is not None:
                raise self._journal.failure
            if self._pending_reset is not None:
                self._reset(self._pending_reset)

    def pull_reset(self) -> None:
        """Pull the reset pin; safe at any time, from a signal handler too."""
        self._request_reset(ResetCause.PIN)

    def reset(self) -> None:
        """Pull the reset pin at once; not while `run` executes code."""
        self._reset(ResetCause.PIN)

    def power_cycle(self) -> None:
        """Switch the power off and on: RAM holds noise then, the flash what it held. Not while `run` executes code."""
        self._power_ons += 1
        self._machine.scramble_ram(self._power_ons)
        self._reset(ResetCause.POWER_ON)

    def start_programming(self, image: Image) -> int:
        """Reset the chip and erase its flash; return how often `program_page` must be called for the image.

        No watchdog runs after that reset. Raises WrongImageError, and leaves the board as it is, if the image is not
        for this chip.
        """
        check_image(self._chip, self._machine, image)
        self._journal.note(f"the probe erases the flash for {image.path}")
        self._image = None
        self._machine.name_places(None)
        self._programming = Programming(self._chip, self._machine, image)
        self.reset()
        return self._programming.pages_left

    def program_page(self) -> None:
        """Write the next page; after the last one start the image by the reset pin."""
        assert self._programming is not None
        self._programming.write_page()
        if self._programming.pages_left == 0:
            self._image = self._programming.image
            self._programming = None
            self._machine.name_places(self._image)
            self._machine.forget_code()
            self._journal.forget()
            self.reset()

    def abandon_programming(self) -> None:
        """Leave the flash as it is now, half written."""
        self._programming = None

    def _pass_dead_time(self) -> None:
        """Nothing runs but the peripherals: if a watchdog is among them its reset is the next that happens."""
        bite_s = self._parts.watchdog.bite_s()
        if bite_s is None:
            self._pace.idle()
        else:
            self._pace.skip_to(bite_s)
        self._outside.read()  # nobody is there to take it
        self._parts.sync()

    def _run_slice(self) -> None:
        if self._crash:
            self._crash_core()
        failure = self._interrupts.deliver()
        if not failure:
            stop = self._machine.run(self._interrupts.deadline_cycles(self._end_of_slice()))
            if stop is Stop.WAITING:
                self._wait_for_interrupt()
            elif stop is not Stop.DEADLINE and not self._dead:
                self._report_fault(stop)
                failure = self._interrupts.handle(stop)
        if failure:
            self._lock_up(failure)
        self._line.collect()
        self._parts.sync()
        self._pace.hold()

    def _misbehave(self, fault: str) -> None:
        """The fault option wants the core to go wrong now; called inside a device access."""
        if fault == "hang":
            self._stop_core("the fault option hangs it")
        else:
            self._crash = fault
            self._machine.stop_soon()

    def _crash_core(self) -> None:
        if self._crash == "wild":
            self._machine.jump(_NOWHERE)
        elif not self._machine.empty_stack():
            return  # no function begins here: one more basic block
        self._journal.note(f"the fault option makes the core crash: {self._crash}")
        self._crash = ""

    def _end_of_slice(self) -> int:
        """The cycle count at which to look around again; a watchdog bites on time."""
        if self._crash:
            return self._machine.counter.cycles + 1
        end_s = self._virtual.now_s + _SLICE_S
        bite_s = self._parts.watchdog.bite_s()
        return self._virtual.cycles_at(end_s if bite_s is None else min(end_s, bite_s))

    def _wait_for_interrupt(self) -> None:
        """WFI: time passes until an interrupt is pending; for a while if there is none, then the core waits again."""
        if not self._interrupts.wakes:
            self._polls.pass_time(may_sleep=True)
            if not self._interrupts.wakes:
                self._machine.wait_again()

    def _report_fault(self, stop: Stop) -> None:
        if stop is Stop.FAULT:
            _log.error("fault: %s, in %s", self._machine.fault.reason, self._machine.where_and_whence())

    def _reset(self, cause: ResetCause) -> None:
        self._pending_reset = None
        self._dead = False
        self._crash = ""
        self._journal.note(f"reset: {cause.value}")
        self._bus.reset()
        self._parts.reset_by(cause)
        self._machine.reset(self._chip.vector_table)
        self._faults.restarted()
        self._polls.interrupted()
        if self._image is None:
            self._dead = True
            self._journal.note("there is no firmware in the flash: the core cannot start")

    def _request_reset(self, cause: ResetCause) -> None:
        self._pending_reset = cause
        self._machine.stop_soon()

    def _lock_up(self, reason: str) -> None:
        if self._chip.lockup_resets:
            _log.error("the core locked up: %s; the chip resets itself", reason)
            self._request_reset(ResetCause.LOCKUP)
        else:
            self._stop_core(reason)

    def _stop_core(self, reason: str) -> None:
        _log.error("the core stopped: %s; the board is dead until it is reset", reason)
        self._dead = True
        self._machine.stop_soon()

    def _on_window(self, active: bool) -> None:
        self._machine.counter.window(active)
        self._faults.window(active)

    def _wiring(self) -> Wiring:
        return Wiring(
            bus=self._bus,
            counter=self._machine.counter,
            virtual=self._virtual,
            polls=self._polls,
            journal=self._journal,
            memory=self._machine.memory,
            line=self._line,
            oscillator_hz=self._faults.oscillator_hz,
            request_reset=self._request_reset,
            window=self._on_window,
        )
