"""USART with the register set of STM32F7 (RM0385 chapter 31) in asynchronous mode.

Modelled: baud rate generator, transmit and receive data registers, DMA requests, status flags, interrupts.
Not modelled: parity checking, LIN, smartcard, IrDA, synchronous and hardware-flow-control modes, auto baud, mute mode.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from mcubench.virtual.journal import Journal
from mcubench.virtual.peripherals.dma import Dma
from mcubench.virtual.registers import Poll, Register, bit
from mcubench.virtual.time import ROUNDING_S, VirtualTime
from mcubench.virtual.uart_line import UartLine

__all__ = ["Usart"]

_UE, _RE, _TE = 1 << 0, 1 << 2, 1 << 3
_IDLEIE, _RXNEIE, _TCIE, _TXEIE = 1 << 4, 1 << 5, 1 << 6, 1 << 7
_M0, _M1, _OVER8 = 12, 28, 15
_CR1_UNMODELLED = 1 << 10 | 1 << 13  # PCE parity, MME mute mode
_CR2_UNMODELLED = 1 << 11 | 1 << 14 | 1 << 15 | 1 << 20  # CLKEN, LINEN, SWAP, ABREN
_CR3_UNMODELLED = 1 << 1 | 1 << 3 | 1 << 5 | 1 << 8 | 1 << 9  # IREN, HDSEL, SCEN, RTSE, CTSE
_EIE, _DMAR, _DMAT, _OVRDIS = 1 << 0, 1 << 6, 1 << 7, 1 << 12
_FE, _ORE, _IDLE, _RXNE, _TC, _TXE = 1 << 1, 1 << 3, 1 << 4, 1 << 5, 1 << 6, 1 << 7
_TEACK, _REACK = 1 << 21, 1 << 22
_ISR_RESET = 0x020000C0
_STOP_BITS = (1.0, 0.5, 2.0, 1.5)  # by CR2.STOP
# A poll of the receiver skips over this many bytes at once when a DMA stream takes them without the core's help.
_BYTES_PER_SKIP = 32


class Usart:
    """One USART between the bus, the DMA streams and a line.

    Everything happens lazily: `sync` moves what is due by now, and is called before firmware looks.
    """

    def __init__(
        self,
        name: str,
        kernel_hz: Callable[[], tuple[float, float]],
        routed: Callable[[bool], bool],
        virtual: VirtualTime,
        dma: Dma,
        line: UartLine,
        journal: Journal,
    ) -> None:
        """`name` is also that of its DMA requests, "<name>_RX" and "<name>_TX".

        `kernel_hz` returns its clock's true and nominal frequency; `routed` whether a pin is switched to its output
        (True) or to its input (False).
        """
        self._name = name
        self._kernel_hz = kernel_hz
        self._routed = routed
        self._virtual = virtual
        self._dma = dma
        self._line = line
        self._journal = journal
        self._cr1 = Register("CR1", 0x00, 0, 0x1FFFFFFD, write=self._write_cr1)
        self._cr2 = Register("CR2", 0x04, 0, 0xFFFFFF70, write=self._write_cr2)
        self._cr3 = Register("CR3", 0x08, 0, 0x0000FFFF | 0xE0000, write=self._write_cr3)
        self._brr = Register("BRR", 0x0C, 0, 0, 0xFFFF, write=self._write_brr)
        self._rdr = Register("RDR", 0x24, 0, 0, 0x1FF, read=self._read_rdr)
        self.registers = [
            self._cr1,
            self._cr2,
            self._cr3,
            self._brr,
            Register("GTPR", 0x10, 0, 0xFFFF),
            Register("RTOR", 0x14),
            Register("RQR", 0x18, 0, 0, 0x1F, write=self._write_rqr),
            Register("ISR", 0x1C, _ISR_RESET, 0, 0xFFFFFFFF, read=self._read_isr, poll=Poll.LINE),
            Register("ICR", 0x20, 0, 0, 0x00121B5F, write=self._write_icr),
            self._rdr,
            Register("TDR", 0x28, 0, 0x1FF, write=self._write_tdr),
        ]
        dma.add_requester(self.sync)
        self.reset()

    def reset(self) -> None:
        self._byte_s = 0.0
        self._over8 = False
        self._flags = _TC
        self._sending: deque[tuple[float, int]] = deque()  # moment of the stop bit's end, byte
        self._line_free_s = 0.0  # end of the last byte that was handed over
        self._synced_s = self._virtual.now_s
        self._idle_at_s: float | None = None
        self.clocks_changed()

    def clocks_changed(self) -> None:
        """Work out the bit rate again: the kernel clock or a register behind it has changed."""
        divisor = self._brr.value
        hz, nominal_hz = self._kernel_hz()
        if bit(self._cr1.value, _OVER8):
            divisor = (divisor & 0xFFF0) | (divisor & 7) << 1
            hz, nominal_hz = 2 * hz, 2 * nominal_hz
        on = self._cr1.value & _UE and divisor >= 16
        word_bits = 8 + bit(self._cr1.value, _M0) - bit(self._cr1.value, _M1)
        frame_bits = 1 + word_bits + _STOP_BITS[self._cr2.value >> 12 & 3]
        self._byte_s = frame_bits * divisor / hz if on else 0.0
        self._line.set_device_baud(*((hz / divisor, nominal_hz / divisor) if on else (0.0, 0.0)))
        if self._cr1.value & _UE and divisor < 16:
            self._journal.violation(
                f"{self._name} brr", f"{self._name}_BRR: the divisor {divisor} is below 16 (RM0385 31.5.4)"
            )

    # Transmission: the data register holds one byte while the shift register sends another.

    def sync(self) -> None:
        """Move all bytes that are due by now, in both directions."""
        now_s = self._virtual.now_s + ROUNDING_S
        if self._byte_s:
            self._pull_from_dma(now_s)
        self._finish_sending(now_s)
        self._receive(now_s)
        self._synced_s = now_s

    def next_event_s(self) -> float | None:
        """The next moment at which a flag or counter of this USART or of its streams changes."""
        self.sync()
        moments = [
            moment
            for moment in (self._sender_event_s(), self._line.arrival_s(self._receive_stride()), self._idle_at_s)
            if moment is not None
        ]
        return min(moments, default=None)

    @property
    def interrupt(self) -> bool:
        """Whether the interrupt line is active."""
        cr1, cr3, isr = self._cr1.value, self._cr3.value, self._read_isr()
        wanted = isr & cr1 & (_IDLEIE | _RXNEIE | _TCIE | _TXEIE)  # these enables lie where their flags lie
        error = isr & (_FE | _ORE) and (cr3 & _EIE or (isr & _ORE and cr1 & _RXNEIE))
        return bool(wanted or error)

    def _sender_event_s(self) -> float | None:
        if not self._sending:
            return None
        stream = self._dma.stream_for(f"{self._name}_TX") if self._cr3.value & _DMAT else None
        if stream is not None:  # the stream hands over its last byte
            return self._line_free_s + (stream.ndtr.value - 2) * self._byte_s
        return self._line_free_s - self._byte_s if self._transmit_register_full() else self._line_free_s

    def _transmit_register_full(self) -> bool:
        return bool(self._byte_s) and self._line_free_s - self._virtual.now_s > self._byte_s + ROUNDING_S

    def _pull_from_dma(self, now_s: float) -> None:
        if not (self._cr3.value & _DMAT and self._cr1.value & _TE):
            return
        stream = self._dma.stream_for(f"{self._name}_TX")
        while stream is not None and stream.enabled:
            at_s = max(self._synced_s, self._line_free_s - self._byte_s)
            if at_s > now_s:
                return
            value = stream.read_memory()
            if value is None:
                return
            self._hand_over(value, at_s)

    def _hand_over(self, value: int, at_s: float) -> None:
        self._line_free_s = max(self._line_free_s, at_s) + self._byte_s
        self._sending.append((self._line_free_s, value & 0xFF))
        self._flags &= ~_TC

    def _finish_sending(self, now_s: float) -> None:
        done = bytearray()
        while self._sending and self._sending[0][0] <= now_s:
            done.append(self._sending.popleft()[1])
        if done:
            if not self._sending:
                self._flags |= _TC
            if self._routed(True):
                self._line.send(bytes(done))
            else:
                self._journal.violation(
                    f"{self._name} tx pin", f"{self._name}: sends, but no pin is switched to its output"
                )

    # Reception

    def _receive_stride(self) -> int:
        stream = self._dma.stream_for(f"{self._name}_RX") if self._cr3.value & _DMAR else None
        return 1 if stream is None else min(_BYTES_PER_SKIP, stream.until_flag())

    def _receive(self, now_s: float) -> None:
        data = self._line.take_arrived()
        if data and self._cr1.value & _UE and self._cr1.value & _RE and self._listens():
            # The line is not idle while the next byte is on it.
            on_line = self._line.arrival_s(1) is not None
            self._idle_at_s = None if on_line else self._line.last_arrival_s + self._byte_s
            if not self._line.matching:
                self._flags |= _FE
            stream = self._dma.stream_for(f"{self._name}_RX") if self._cr3.value & _DMAR else None
            for value in data if stream is None else data[stream.write_memory(data) :]:
                self._receive_byte(value)
        if self._idle_at_s is not None and now_s >= self._idle_at_s:
            self._idle_at_s = None
            self._flags |= _IDLE

    def _listens(self) -> bool:
        if not self._routed(False):
            self._journal.violation(
                f"{self._name} rx pin", f"{self._name}: bytes arrive, but no pin is switched to its input"
            )
            return False
        return True

    def _receive_byte(self, value: int) -> None:
        if self._flags & _RXNE and not self._cr3.value & _OVRDIS:
            self._flags |= _ORE
            return
        self._rdr.value = value
        self._flags |= _RXNE

    # Registers

    def _read_isr(self) -> int:
        enabled = self._cr1.value & _UE
        acknowledged = (_TEACK if enabled and self._cr1.value & _TE else 0) | (
            _REACK if enabled and self._cr1.value & _RE else 0
        )
        empty = 0 if self._transmit_register_full() else _TXE
        return self._flags | acknowledged | empty

    def _read_rdr(self) -> int:
        self._flags &= ~_RXNE
        return self._rdr.value

    def _write_tdr(self, value: int) -> None:
        if not (self._byte_s and self._cr1.value & _TE):
            self._journal.violation(
                f"{self._name} tdr", f"{self._name}_TDR: written while the transmitter is off: lost"
            )
            return
        if self._transmit_register_full():
            self._sending.pop()  # the byte that waited is overwritten
            self._line_free_s -= self._byte_s
        self._hand_over(value, self._virtual.now_s)

    def _write_icr(self, value: int) -> None:
        self._flags &= ~(value & (_FE | _ORE | _IDLE | _TC))

    def _write_rqr(self, value: int) -> None:
        if value & 1 << 3:  # RXFRQ: drop the received byte
            self._flags &= ~_RXNE

    def _write_brr(self, value: int) -> None:
        if self._cr1.value & _UE:
            self._journal.violation(
                f"{self._name} brr on", f"{self._name}_BRR: written while UE is 1: ignored (RM0385 31.8.4)"
            )
            return
        self._brr.value = value & 0xFFFF
        self.clocks_changed()

    def _write_cr1(self, value: int) -> None:
        self._report_modes("CR1", value & _CR1_UNMODELLED)
        if self._byte_s and value & _UE and bit(value, _OVER8) != self._over8:
            self._journal.violation(
                f"{self._name} over8", f"{self._name}_CR1: OVER8 changed while UE is 1, which has no effect"
            )
            self._cr1.value ^= 1 << _OVER8
        self._over8 = bit(self._cr1.value, _OVER8)
        if not value & _UE:
            self._flags = _TC
            self._sending.clear()
            self._line_free_s = 0.0
        self.clocks_changed()

    def _write_cr2(self, value: int) -> None:
        self._report_modes("CR2", value & _CR2_UNMODELLED)
        self.clocks_changed()

    def _write_cr3(self, value: int) -> None:
        self._report_modes("CR3", value & _CR3_UNMODELLED)

    def _report_modes(self, register: str, bits: int) -> None:
        if bits:
            self._journal.violation(
                f"{self._name} {register}",
                f"{self._name}_{register}: mode bits 0x{bits:x} are not modelled and do nothing",
            )
