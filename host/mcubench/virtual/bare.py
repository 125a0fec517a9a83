"""A bare Cortex-M0 with a debugger on it: runs the image of firmware/cortex_m0 from stop to stop."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from unicorn.arm_const import UC_ARM_REG_PC, UC_CPU_ARM_CORTEX_M0

from mcubench.errors import InputError, RigError
from mcubench.virtual.bare_systick import SYSTICK_WINDOW, BareSysTick
from mcubench.virtual.loader import Image
from mcubench.virtual.machine import Machine, Memory, Stop
from mcubench.virtual.timing import MemoryRegion, MemoryState, make_cortex_m0

__all__ = ["FLASH", "RAM", "TIMING_MODEL", "BareCore", "BareModel", "BareTiming", "LayerTime"]

# firmware/cortex_m0/cortex_m0.ld
FLASH = MemoryRegion("flash", 0x08000000, 32 << 10, "flash", cached=False)
RAM = MemoryRegion("ram", 0x20000000, 4 << 10, "sram", cached=False)

TIMING_MODEL = make_cortex_m0(fast_multiplier=True, branch_wait_cycles=0).model_id

# firmware/cortex_m0/bare.h: the mailbox, the facts, engine_model_t.
_MAILBOX = struct.Struct("<IIiIIIIII")
_FACTS = struct.Struct("<III")
_MODEL = struct.Struct("<IIBBxxIIIII")
_REQUEST = struct.Struct("<II")
_OPEN, _RUN, _RUN_MARKED = 1, 2, 3
_DONE, _LAYER_ENDED = 0, 1
_BREAKPOINT = b"\x00\xbe"  # BKPT #0: a stop; #1 is that of a fault
_THUMB_BYTES = 2
# enum engine_type
_TYPES = ("int8", "uint8", "int16", "int32", "float32")
_PAINT = b"\xc5"
_LONGEST_TEXT_BYTES = 80
# Far more than the counter of the image holds, so a core that does not stop is found.
_MOST_CYCLES = 1 << 26


@dataclass(frozen=True)
class BareTiming:
    """How the core is built and what its flash does: docs/cortex-m0.md."""

    wait_states: int
    prefetch: bool
    fast_multiplier: bool = True


@dataclass(frozen=True)
class BareModel:
    """A model in the image, as its engine_model_t says."""

    name: str
    sha256: str
    input_type: str
    output_type: str
    input_bytes: int
    output_bytes: int
    arena_bytes: int
    flash_bytes: int
    layers: int


@dataclass(frozen=True)
class LayerTime:
    """The cycles of a layer."""

    op: str
    cycles: int


class BareCore:
    """The core from power-on on; every call runs it to its next stop.

    Raises InputError if the image is not one for this core, RigError if the core does not come to its stop.
    """

    def __init__(self, image: Image, symbols: Mapping[str, int], timing: BareTiming) -> None:
        """`symbols` are the addresses of the image's names."""
        needed = ("bare", "bare_facts", "__stack_low", "__stack_high")
        if missing := [name for name in needed if name not in symbols]:
            raise InputError(
                f"{image.path}: has no {missing[0]}; expected an image for a bare Cortex-M0: pio run -e cortex-m0-local"
            )
        self._symbols = symbols
        core = make_cortex_m0(timing.fast_multiplier, timing.wait_states)
        memories = [Memory(FLASH, rom=True), Memory(RAM)]
        self._machine = Machine(UC_CPU_ARM_CORTEX_M0, core, memories, [SYSTICK_WINDOW])
        self._machine.counter.configure(
            MemoryState(icache=False, dcache=False, prefetch=timing.prefetch, flash_wait_states=timing.wait_states)
        )
        BareSysTick(self._machine.counter).attach(self._machine.uc)
        self._machine.scramble_ram()
        self._machine.load(image)
        self._machine.reset(FLASH.start)
        self._go_on()

    @property
    def facts(self) -> tuple[str, str, str]:
        """Name, version and kernels of the engine."""
        name, version, kernels = _FACTS.unpack(self._read(self._symbols["bare_facts"], _FACTS.size))
        return self._text(name), self._text(version), self._text(kernels)

    @property
    def stack_bytes(self) -> int:
        """How large the stack is."""
        return self._symbols["__stack_high"] - self._symbols["__stack_low"]

    @property
    def stack_used_bytes(self) -> int:
        """How much of it was ever used: the words that do not hold the start-up code's paint any more."""
        stack = self._read(self._symbols["__stack_low"], self.stack_bytes)
        return len(stack.lstrip(_PAINT))

    @property
    def overhead_cycles(self) -> int:
        """What reading the counter costs, which the image has taken off its figures."""
        return int(self._mailbox()[7])

    def models(self) -> list[BareModel]:
        """Open every model of the image, and return what they are."""
        found: list[BareModel] = []
        while self.open(len(found)) == _DONE:
            found.append(self._model(self._mailbox()[3]))
        return found

    def open(self, index: int) -> int:
        """Make a model the open one; return the engine's status."""
        return self._ask(_OPEN, index)

    def run(self, vector: bytes) -> tuple[int, int]:
        """Run the open model on a vector; return the engine's status and the cycles."""
        self._machine.memory.write(self._mailbox()[4], vector)
        status = self._ask(_RUN)
        return status, int(self._mailbox()[6])

    def run_marked(self, vector: bytes) -> tuple[int, list[LayerTime], int]:
        """Run the open model layer by layer; return the status, the layers, and the cycles after the last of them."""
        self._machine.memory.write(self._mailbox()[4], vector)
        layers: list[LayerTime] = []
        status = self._ask(_RUN_MARKED)
        while status == _LAYER_ENDED:
            mailbox = self._mailbox()
            layers.append(LayerTime(self._text(mailbox[8]), mailbox[6]))
            self._go_on()
            status = int(self._mailbox()[2])
        return status, layers, int(self._mailbox()[6])

    def output(self, size_bytes: int) -> bytes:
        """Return the open model's output tensor."""
        return self._read(self._mailbox()[5], size_bytes)

    def _ask(self, request: int, index: int = 0) -> int:
        self._machine.memory.write(self._symbols["bare"], _REQUEST.pack(request, index))
        self._go_on()
        return int(self._mailbox()[2])

    def _go_on(self) -> None:
        """Run to the next stop, and make ready to go on behind it."""
        machine = self._machine
        stop = machine.run(machine.counter.cycles + _MOST_CYCLES)
        pc = machine.uc.reg_read(UC_ARM_REG_PC)
        if stop is not Stop.FAULT or self._code(pc) != _BREAKPOINT:
            reason = machine.fault.reason if stop is Stop.FAULT else f"no end after {_MOST_CYCLES} cycles"
            raise RigError(f"virtual Cortex-M0: {reason}, in {machine.where_and_whence()}")
        machine.jump(pc + _THUMB_BYTES)

    def _code(self, address: int) -> bytes:
        return self._read(address, _THUMB_BYTES) if FLASH.start <= address < FLASH.start + FLASH.size else b""

    def _mailbox(self) -> tuple[int, ...]:
        return _MAILBOX.unpack(self._read(self._symbols["bare"], _MAILBOX.size))

    def _model(self, address: int) -> BareModel:
        row = _MODEL.unpack(self._read(address, _MODEL.size))
        return BareModel(self._text(row[0]), self._text(row[1]), _TYPES[row[2]], _TYPES[row[3]], *row[4:])

    def _text(self, address: int) -> str:
        size = min(_LONGEST_TEXT_BYTES, FLASH.start + FLASH.size - address)
        return self._read(address, size).partition(b"\0")[0].decode("ascii", "replace")

    def _read(self, address: int, size: int) -> bytes:
        return self._machine.memory.read(address, size)
