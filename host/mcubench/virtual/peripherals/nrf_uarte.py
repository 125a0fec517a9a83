"""UARTE of nRF52840: a UART that reads and writes RAM by itself (PS, chapter UARTE).

Modelled: EasyDMA both ways with its double-buffered registers, events, shortcuts, the receiver's FIFO, errors.
Not modelled: parity, flow control, and the UART without EasyDMA at the same address.
"""

from __future__ import annotations

from collections.abc import Callable

from mcubench.virtual.journal import Journal
from mcubench.virtual.memory import MemoryBus
from mcubench.virtual.peripherals.nrf_easydma import EasyDma
from mcubench.virtual.peripherals.nrf_signals import Event, Interconnect, Signals
from mcubench.virtual.registers import ALL_BITS, Register, bit
from mcubench.virtual.time import ROUNDING_S, VirtualTime
from mcubench.virtual.uart_line import UartLine

__all__ = ["NrfUarte"]

_ENABLED = 8
_CONFIG_UNMODELLED = 0xF  # HWFC, PARITY
_OVERRUN, _FRAMING = 1 << 0, 1 << 2
_UNCONNECTED = 1 << 31
_PIN_BITS = 0x8000003F
# Size of the receiver's FIFO: five bytes, in nrfx's driver; the product specification gives no number.
_FIFO_BYTES = 5
# PS, UARTE, "Reception": after STOPRX it receives for as long as four bytes take.
_STOPPING_BYTES = 4
# A poll of the receiver skips over this many bytes at once when no event of theirs would be new to firmware.
_BYTES_PER_SKIP = 32


class NrfUarte:
    """One UARTE between the bus, memory and a line. `sync` moves what is due, and is called before firmware looks."""

    def __init__(
        self,
        name: str,
        base: int,
        interconnect: Interconnect,
        virtual: VirtualTime,
        memory: MemoryBus,
        ram: range,
        line: UartLine,
        peripheral_hz: Callable[[], tuple[float, float]],
        journal: Journal,
    ) -> None:
        """`ram` are the addresses that EasyDMA reaches; `peripheral_hz` PCLK16M's true and nominal frequency."""
        self._name = name
        self._virtual = virtual
        self._rx = EasyDma("RXD", 0x534, memory, ram, self._report)
        # nrfx's driver begins with a transmission of no bytes, to have the event of its end.
        self._tx = EasyDma("TXD", 0x544, memory, ram, self._report, may_be_empty=True)
        self._line = line
        self._peripheral_hz = peripheral_hz
        self._journal = journal
        self._signals = signals = Signals(base, interconnect, virtual, has_inten=True)
        for event, offset in (("CTS", 0x100), ("NCTS", 0x104)):
            signals.add_event(event, offset)
        self._rxdrdy = signals.add_event("RXDRDY", 0x108)
        self._endrx = signals.add_event("ENDRX", 0x110)
        self._txdrdy = signals.add_event("TXDRDY", 0x11C)
        self._endtx = signals.add_event("ENDTX", 0x120)
        self._error = signals.add_event("ERROR", 0x124)
        self._rxto = signals.add_event("RXTO", 0x144)
        self._rxstarted = signals.add_event("RXSTARTED", 0x14C)
        self._txstarted = signals.add_event("TXSTARTED", 0x150)
        self._txstopped = signals.add_event("TXSTOPPED", 0x158)
        signals.add_task("STARTRX", 0x00, self._start_receiving)
        signals.add_task("STOPRX", 0x04, self._stop_receiving)
        signals.add_task("STARTTX", 0x08, self._start_sending)
        signals.add_task("STOPTX", 0x0C, self._stop_sending)
        signals.add_task("FLUSHRX", 0x2C, self._flush)
        signals.add_short(5, self._endrx, self._start_receiving)
        signals.add_short(6, self._endrx, self._stop_receiving)
        self._errors = Register("ERRORSRC", 0x480, 0, 0, 0xF, write=self._clear_errors)
        self._enable = Register("ENABLE", 0x500, 0, 0xF, write=self._write_enable)
        self._psel = {
            pin: Register(f"PSEL_{pin}", offset, ALL_BITS, _PIN_BITS, ALL_BITS, write=self._write_psel)
            for pin, offset in (("RTS", 0x508), ("TXD", 0x50C), ("CTS", 0x510), ("RXD", 0x514))
        }
        self._baudrate = Register("BAUDRATE", 0x524, 0x04000000, write=lambda _value: self.clocks_changed())
        self._config = Register("CONFIG", 0x56C, 0, 0x1F, write=self._write_config)
        self.registers = [
            *signals.registers(),
            *(self._errors, self._enable, *self._psel.values(), self._baudrate),
            *(*self._rx.registers, *self._tx.registers, self._config),
        ]
        self.reset()

    def reset(self) -> None:
        self._signals.reset()
        self._byte_s = 0.0
        self._rx.reset()
        self._tx.reset()
        self._byte_sent_s = 0.0  # when the byte that is being sent will have left
        self._listening = False  # from STARTRX until it has stopped, buffer or not
        self._stops_at_s: float | None = None
        self._fifo = bytearray()
        self.clocks_changed()

    @property
    def interrupt(self) -> bool:
        return self._signals.interrupt

    def clocks_changed(self) -> None:
        """Work out the bit rate again: PCLK16M or a register has changed."""
        if self._enable.value != _ENABLED or not self._baudrate.value:
            self._byte_s = 0.0
            self._tx.active = False
            self._line.set_device_baud(0.0, 0.0)
            return
        # The actual rates in nrf52840_bitfields.h are 16 MHz over a whole number, 2^32 over the register's value.
        divisor = max(1, (1 << 32) // self._baudrate.value)
        hz, nominal_hz = self._peripheral_hz()
        frame_bits = 11 if bit(self._config.value, 4) else 10
        self._byte_s = frame_bits * divisor / hz
        self._line.set_device_baud(hz / divisor, nominal_hz / divisor)

    def sync(self) -> None:
        """Move all bytes that are due by now, in both directions."""
        now_s = self._virtual.now_s + ROUNDING_S
        self._send(now_s)
        if data := self._line.take_arrived():
            self._receive(data)
        if self._stops_at_s is not None and self._stops_at_s <= now_s:
            self._stopped(self._stops_at_s)

    def next_event_s(self) -> float | None:
        """The next moment at which firmware could notice anything."""
        self.sync()
        moments = [self._stops_at_s, self._line.arrival_s(self._receive_stride())]
        if self._tx.active:
            quiet = 0 if self._is_noticed(self._txdrdy) else self._tx.left - 1
            moments.append(self._byte_sent_s + quiet * self._byte_s)
        return min((moment for moment in moments if moment is not None), default=None)

    # Transmission

    def _send(self, now_s: float) -> None:
        while self._tx.active and self._byte_sent_s <= now_s:
            most = self._tx.left if self._txdrdy.only_counts else 1
            count = min(most, 1 + int((now_s - self._byte_sent_s) / self._byte_s))
            last_s = self._byte_sent_s + (count - 1) * self._byte_s
            self._put_on_line(self._tx.read(count))
            self._byte_sent_s = last_s + self._byte_s
            self._txdrdy.trigger(last_s, count)
            if not self._tx.left:
                self._end_sending(last_s)

    def _put_on_line(self, data: bytes) -> None:
        if self._is_connected("TXD"):
            self._line.send(data)
        else:
            self._report("tx pin", "sends, but PSEL.TXD names no pin")

    def _end_sending(self, at_s: float) -> None:
        if self._tx.active:
            self._tx.end()
            self._endtx.trigger(at_s)

    def _start_sending(self, at_s: float, _count: int) -> None:
        if not self._is_on("STARTTX"):
            return
        if self._tx.active:
            self._report("starttx", "STARTTX while it still sends: ignored; wait for ENDTX first")
            return
        self._tx.begin("STARTTX")
        if self._tx.active:
            self._byte_sent_s = at_s + self._byte_s
            self._txstarted.trigger(at_s)
            if not self._tx.left:
                self._end_sending(at_s)

    def _stop_sending(self, at_s: float, _count: int) -> None:
        if self._is_on("STOPTX"):
            self._send(at_s)
            self._end_sending(at_s)
            self._txstopped.trigger(at_s)

    # Reception

    def _receive_stride(self) -> int:
        if not self._rx.active or self._is_noticed(self._rxdrdy):
            return 1
        return min(_BYTES_PER_SKIP, self._rx.left)

    def _receive(self, data: bytes) -> None:
        last_s = self._line.last_arrival_s
        if not self._listening:
            return
        if not self._is_connected("RXD"):
            self._report("rx pin", "bytes arrive, but PSEL.RXD names no pin")
            return
        if self._stops_at_s is not None and last_s > self._stops_at_s:
            late = int((last_s - self._stops_at_s) / self._line.byte_s) + 1
            data, last_s = data[:-late], last_s - late * self._line.byte_s
        if data and not self._line.matching:
            self._fail(_FRAMING, last_s)
        while data:
            data = data[self._take(data, last_s - (len(data) - 1) * self._line.byte_s) :]

    def _take(self, data: bytes, first_s: float) -> int:
        """Receive as many bytes as have room in one place; return how many that are. The first came at `first_s`."""
        if not self._rx.active:
            count = min(len(data), _FIFO_BYTES - len(self._fifo))
            self._fifo += data[:count]
            if count:
                self._rxdrdy.trigger(first_s + (count - 1) * self._line.byte_s, count)
                return count
            self._fail(_OVERRUN, first_s)
            return len(data)
        count = min(len(data), self._rx.left if self._rxdrdy.only_counts else 1)
        last_s = first_s + (count - 1) * self._line.byte_s
        self._rx.write(data[:count])
        self._rxdrdy.trigger(last_s, count)
        if not self._rx.left:
            self._end_receiving(last_s)
        return count

    def _end_receiving(self, at_s: float) -> None:
        if self._rx.active:
            self._rx.end()
            self._endrx.trigger(at_s)

    def _start_receiving(self, at_s: float, _count: int) -> None:
        if not self._is_on("STARTRX"):
            return
        if self._rx.active:
            self._report("startrx", "STARTRX while it still fills a buffer: ignored; wait for ENDRX first")
            return
        self._rx.begin("STARTRX")
        if self._rx.active:
            self._listening = True
            self._stops_at_s = None
            self._rxstarted.trigger(at_s)
            self._empty_fifo(at_s)

    def _empty_fifo(self, at_s: float) -> None:
        """Move what waits in the FIFO into the buffer."""
        data = bytes(self._fifo[: self._rx.left])
        del self._fifo[: len(data)]
        self._rx.write(data)
        if not self._rx.left:
            self._end_receiving(at_s)

    def _stop_receiving(self, at_s: float, _count: int) -> None:
        if self._is_on("STOPRX"):
            self._stops_at_s = at_s + (_STOPPING_BYTES * self._byte_s if self._listening else 0.0)

    def _stopped(self, at_s: float) -> None:
        """ENDRX comes before RXTO, for a buffer that is not full too."""
        self._stops_at_s = None
        self._listening = False
        self._end_receiving(at_s)
        self._rxto.trigger(at_s)

    def _flush(self, at_s: float, _count: int) -> None:
        if self._listening:
            self._report("flushrx", "FLUSHRX while the receiver runs: ignored; wait for RXTO first")
            return
        if not self._is_on("FLUSHRX"):
            return
        self._rx.begin("FLUSHRX")
        if not self._rx.active:
            return
        amount = self._rx.amount.value if not self._fifo else None
        self._empty_fifo(at_s)
        self._end_receiving(at_s)
        if amount is not None:
            self._rx.amount.value = amount  # of an empty FIFO nothing is told, on silicon too: nrfx works around it

    # What firmware does wrong, and small things

    def _is_on(self, task: str) -> bool:
        if not self._byte_s:
            self._report(f"off {task}", f"{task} while it is not enabled: no effect")
        return bool(self._byte_s)

    def _is_connected(self, pin: str) -> bool:
        return not self._psel[pin].value & _UNCONNECTED

    def _is_noticed(self, event: Event) -> bool:
        """Whether the next byte's event makes a difference: the last one's was cleared, or it does more than count."""
        return not event.register.value or not event.only_counts

    def _fail(self, source: int, at_s: float) -> None:
        self._errors.value |= source
        self._error.trigger(at_s)

    def _clear_errors(self, value: int) -> None:
        self._errors.value &= ~value

    def _write_enable(self, value: int) -> None:
        if value not in (0, _ENABLED):
            self._report("enable", f"ENABLE {value}: only UARTE ({_ENABLED}) is modelled")
        if value != _ENABLED:
            if self._tx.active or self._rx.active:
                self._report("disable", "disabled during a transfer; stop it first")
            self._tx.active = self._rx.active = self._listening = False
            self._stops_at_s = None
            self._fifo.clear()
        self.clocks_changed()

    def _write_psel(self, _value: int) -> None:
        if self._enable.value:
            self._report("psel", "PSEL written while it is enabled; disable it first")

    def _write_config(self, value: int) -> None:
        if value & _CONFIG_UNMODELLED:
            self._report("config", f"CONFIG bits 0x{value & _CONFIG_UNMODELLED:x} are not modelled and do nothing")
        self.clocks_changed()

    def _report(self, key: str, message: str) -> None:
        self._journal.violation(f"{self._name} {key}", f"{self._name}: {message}")
