"""DMA controller with eight streams, as in STM32F2, F4 and F7 (RM0385 chapter 8): byte transfers on request.

Modelled: direct and circular transfers between a peripheral and memory, half and complete flags, software disable.
Not modelled: FIFO thresholds and bursts (bytes move one by one), double buffer, memory to memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mcubench.virtual.journal import Journal
from mcubench.virtual.memory import MemoryBus, MemoryFaultError
from mcubench.virtual.registers import Poll, Register

__all__ = ["Dma", "DmaRequest"]

_EN = 1 << 0
_CIRC = 1 << 8
_MINC = 1 << 10
_DIR_SHIFT, _DIR_MASK = 6, 3
_TO_PERIPHERAL = 1
_SIZE_MASK = 0xF << 11  # PSIZE and MSIZE
_DBM = 1 << 18
_CHANNEL_SHIFT, _CHANNEL_MASK = 25, 7
_CR_BITS = 0x0FEFFFFF
_ALWAYS_WRITABLE = 0x1F  # enable and the interrupt enables; all else needs a disabled stream
_FCR_BITS = 0x87
# Interrupt flags of one stream (RM0385 8.5.1), and where each stream's six bits lie in its half of the flag registers.
_TRANSFER_ERROR, _HALF, _COMPLETE = 1 << 3, 1 << 4, 1 << 5
_FLAG_BITS = 0x3D
_FLAG_SHIFTS = (0, 6, 16, 22)
_ALL_FLAGS = 0x0F7D0F7D
# Interrupt enables in CR for those flags: TEIE, HTIE, TCIE.
_ENABLES = ((1 << 2, _TRANSFER_ERROR), (1 << 3, _HALF), (1 << 4, _COMPLETE))


@dataclass(frozen=True)
class DmaRequest:
    """One peripheral's request line: the (stream, channel) pairs it is wired to, and its data register's address."""

    streams: tuple[tuple[int, int], ...]
    data_register: int
    to_peripheral: bool


class DmaStream:
    """One stream: its registers, its flags, and how far its transfer is."""

    def __init__(self, index: int, journal: Journal, memory: MemoryBus) -> None:
        self.index = index
        self._journal = journal
        self._memory = memory
        self._live_cr = 0  # CR as the stream obeys it: the registers' value before the write being handled
        self.flags = 0
        self.size = 0  # NDTR when the stream was enabled
        base = 0x10 + 0x18 * index
        name = f"S{index}"
        self.cr = Register(f"{name}CR", base, 0, _CR_BITS, write=self._write_cr, poll=Poll.EVENT)
        self.ndtr = Register(f"{name}NDTR", base + 0x04, 0, 0, 0xFFFF, write=self._write_ndtr, poll=Poll.LINE)
        self.par = Register(f"{name}PAR", base + 0x08, write=self._write_while_enabled)
        self.m0ar = Register(f"{name}M0AR", base + 0x0C, write=self._write_while_enabled)
        m1ar = Register(f"{name}M1AR", base + 0x10)
        fcr = Register(f"{name}FCR", base + 0x14, 0x21, _FCR_BITS, 0x38)
        self.registers = [self.cr, self.ndtr, self.par, self.m0ar, m1ar, fcr]

    def reset(self) -> None:
        self.flags = self.size = self._live_cr = 0

    @property
    def channel(self) -> int:
        return self.cr.value >> _CHANNEL_SHIFT & _CHANNEL_MASK

    @property
    def enabled(self) -> bool:
        return bool(self.cr.value & _EN)

    @property
    def to_peripheral(self) -> bool:
        return (self.cr.value >> _DIR_SHIFT & _DIR_MASK) == _TO_PERIPHERAL

    @property
    def interrupt(self) -> bool:
        return any(self.cr.value & enable and self.flags & flag for enable, flag in _ENABLES)

    def write_memory(self, data: bytes) -> int:
        """Move `data` from the peripheral to memory; return how many bytes the stream took."""
        taken = 0
        while taken < len(data) and self.enabled:
            piece = data[taken : taken + self.ndtr.value]
            try:
                self._memory.write(self._address(), piece if self._increments() else piece[-1:])
            except MemoryFaultError:
                self._fail()
                break
            taken += len(piece)
            self._count(len(piece))
        return taken

    def read_memory(self) -> int | None:
        """Move one byte from memory to the peripheral, None if there is none."""
        if not self.enabled:
            return None
        try:
            value = self._memory.read(self._address(), 1)[0]
        except MemoryFaultError:
            self._fail()
            return None
        self._count(1)
        return value

    def until_flag(self) -> int:
        """How many more bytes until the next flag that may interrupt or end the transfer."""
        left = self.ndtr.value
        half = left - (self.size - self.size // 2)
        return half if half > 0 else left

    def _address(self) -> int:
        return self.m0ar.value + (self.size - self.ndtr.value if self._increments() else 0)

    def _increments(self) -> bool:
        return bool(self.cr.value & _MINC)

    def _count(self, count: int) -> None:
        before = self.ndtr.value
        self.ndtr.value -= count
        half = self.size - self.size // 2
        if before > half >= self.ndtr.value:
            self.flags |= _HALF
        if self.ndtr.value == 0:
            self.flags |= _COMPLETE
            if self.cr.value & _CIRC:
                self.ndtr.value = self.size
            else:
                self.cr.value &= ~_EN
                self._live_cr = self.cr.value

    def _fail(self) -> None:
        self.flags |= _TRANSFER_ERROR
        self.cr.value &= ~_EN
        self._journal.violation(
            f"dma {self.index} {self._address():x}",
            f"DMA stream {self.index}: no memory at 0x{self._address():08x}; transfer error, stream disabled",
        )

    def _write_cr(self, value: int) -> None:
        before, self._live_cr = self._live_cr, self.cr.value
        if before & _EN and value & _EN:
            if (before ^ value) & ~_ALWAYS_WRITABLE:
                self._journal.violation(
                    f"dma cr {self.index}", f"DMA S{self.index}CR: changed while the stream is enabled"
                )
        elif value & _EN:
            self._enable(value)
        elif before & _EN:
            self.flags |= _COMPLETE  # RM0385 8.3.16: a stream disabled by software reports the end of its transfer

    def _enable(self, value: int) -> None:
        if self.flags:
            self._journal.violation(
                f"dma flags {self.index}",
                f"DMA stream {self.index}: enabled with event flags 0x{self.flags:02x} still set (RM0385 8.3.17)",
            )
        if value & (_SIZE_MASK | _DBM):
            self._journal.violation(
                f"dma mode {self.index}",
                f"DMA stream {self.index}: only single-buffer byte transfers are modelled (CR 0x{value:08x})",
            )
        self.size = self.ndtr.value
        if self.size == 0:
            self.cr.value &= ~_EN
            self._live_cr = self.cr.value

    def _write_ndtr(self, value: int) -> None:
        if self._enabled_violation():
            return
        self.ndtr.value = value & 0xFFFF

    def _write_while_enabled(self, _value: int) -> None:
        self._enabled_violation()

    def _enabled_violation(self) -> bool:
        if self.enabled:
            self._journal.violation(
                f"dma live {self.index}", f"DMA stream {self.index}: address or count written while it is enabled"
            )
        return self.enabled


class Dma:
    """Eight streams; a requester (a USART) moves its bytes through whichever stream firmware has set up for it."""

    def __init__(self, journal: Journal, memory: MemoryBus, requests: Mapping[str, DmaRequest]) -> None:
        self._journal = journal
        self._requests = requests
        self._requesters: list[Callable[[], None]] = []
        self.streams = [DmaStream(index, journal, memory) for index in range(8)]
        self.registers = [
            Register("LISR", 0x00, 0, 0, read=lambda: self._flags(0), poll=Poll.LINE),
            Register("HISR", 0x04, 0, 0, read=lambda: self._flags(4), poll=Poll.LINE),
            Register("LIFCR", 0x08, 0, 0, _ALL_FLAGS, write=lambda value: self._clear(0, value)),
            Register("HIFCR", 0x0C, 0, 0, _ALL_FLAGS, write=lambda value: self._clear(4, value)),
            *(register for stream in self.streams for register in stream.registers),
        ]

    def reset(self) -> None:
        for stream in self.streams:
            stream.reset()

    def add_requester(self, sync: Callable[[], None]) -> None:
        """`sync` moves what a peripheral has to move until now."""
        self._requesters.append(sync)

    def sync(self) -> None:
        """Bring the streams up to date; to be called before firmware reads or changes them."""
        for sync in self._requesters:
            sync()

    def stream_for(self, name: str) -> DmaStream | None:
        """Return the enabled stream that serves the request `name`, if firmware has set one up."""
        request = self._requests[name]
        for index, channel in request.streams:
            stream = self.streams[index]
            if stream.enabled and stream.channel == channel and stream.to_peripheral == request.to_peripheral:
                if stream.par.value == request.data_register:
                    return stream
                self._journal.violation(
                    f"dma par {index}",
                    f"DMA stream {index}: PAR is 0x{stream.par.value:08x}, but {name}'s data register is at "
                    f"0x{request.data_register:08x}: nothing is transferred",
                )
        return None

    def _flags(self, first: int) -> int:
        return sum(self.streams[first + index].flags << shift for index, shift in enumerate(_FLAG_SHIFTS))

    def _clear(self, first: int, value: int) -> None:
        for index, shift in enumerate(_FLAG_SHIFTS):
            self.streams[first + index].flags &= ~(value >> shift & _FLAG_BITS)
