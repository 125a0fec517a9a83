"""One emulated core with its memories: loads an image, resets, runs, and says why it stopped."""

from __future__ import annotations

import contextlib
import ctypes
import enum
import random
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from unicorn import (
    UC_ARCH_ARM,
    UC_ERR_INSN_INVALID,
    UC_ERR_OK,
    UC_HOOK_INTR,
    UC_HOOK_MEM_PROT,
    UC_HOOK_MEM_UNMAPPED,
    UC_MODE_THUMB,
    UC_PROT_ALL,
    UC_PROT_EXEC,
    UC_PROT_READ,
    Uc,
    UcError,
)
from unicorn import arm_const as arm

from mcubench.errors import WrongImageError
from mcubench.virtual.core_fault import (
    INVALID_RETURN,
    INVALID_STATE,
    UNSTACKING,
    CoreFault,
    from_emulator,
    from_exception,
)
from mcubench.virtual.exceptions import (
    enter_handler,
    is_exception_return,
    leave_exception,
    push_frame,
    return_is_valid,
)
from mcubench.virtual.loader import Image
from mcubench.virtual.memory import MemoryBus, MemoryFaultError
from mcubench.virtual.pages import watch_pages
from mcubench.virtual.peripherals.nvic import Masks
from mcubench.virtual.timing import CoreModel, CycleCounter, MemoryRegion

__all__ = ["Machine", "Memory", "Stop"]

# No address of the emulated chip: emulation ends by the cycle counter's stop, never by arriving somewhere.
_NOWHERE = 0xFFFFFFFF
_SVC = 2  # Unicorn's number of it
_THUMB = 1 << 24  # in xPSR
_WFI, _WFE, _SEV, _YIELD = 0xBF30, 0xBF20, 0xBF40, 0xBF10
# PUSH with LR in 16 bits; STMDB SP! in 32 bits, first half.
_PUSH_LR, _PUSH_WIDE = 0xB500, 0xE92D
_GENERAL = tuple(getattr(arm, f"UC_ARM_REG_R{index}") for index in range(13))


@dataclass(frozen=True)
class Memory:
    """A memory of the chip. `alias_of` names another one that shares its contents; `rom` cannot be written."""

    region: MemoryRegion
    rom: bool = False
    alias_of: str | None = None


class Stop(enum.Enum):
    """Why `Machine.run` came back."""

    DEADLINE = enum.auto()
    WAITING = enum.auto()  # the core executes WFI
    CALL = enum.auto()  # it executed SVC
    RETURN = enum.auto()  # it returns from an exception
    FAULT = enum.auto()  # it cannot go on


class Machine:
    """A Cortex-M core, its memories and its cycle counter; peripherals are attached through `uc`."""

    def __init__(
        self, model: int, core: CoreModel, memories: Sequence[Memory], devices: Sequence[MemoryRegion]
    ) -> None:
        """`model` is Unicorn's number of the core. UC_MODE_MCLASS must stay off: it silently selects a Cortex-M33."""
        self.uc = Uc(UC_ARCH_ARM, UC_MODE_THUMB)
        self.uc.ctl_set_cpu_model(model)
        self._memories = memories
        self._buffers: dict[str, ctypes.Array[ctypes.c_char]] = {}
        # Largest first: if a memory smaller than 64 KB comes before the flash, Unicorn 2.1.4 throws translated flash
        # code away whenever other memories are written: a third of the speed, and 1 GB of dead translations.
        for memory in sorted(memories, key=lambda each: each.region.size, reverse=True):
            self._map(memory)
        self.memory = MemoryBus(self.uc)
        self.counter = CycleCounter(self.uc, core, [*(memory.region for memory in memories), *devices])
        watch_pages(self.uc, self._is_rom)
        self.uc.hook_add(UC_HOOK_INTR, self._on_exception)
        self.fault = INVALID_STATE  # what the core could not do when `run` last said FAULT
        self._pc = 0
        self._thumb = True  # what the core is told to execute next is Thumb code
        self._exception: int | None = None
        self._image: Image | None = None
        self._event = False  # the event register, as far as exceptions set it (ARMv7-M B1.5.18)

    def check(self, image: Image) -> None:
        """Raise WrongImageError if a segment of the image lies outside the memories."""
        for segment in image.segments:
            if not any(memory.region.holds(segment.address, len(segment.data)) for memory in self._memories):
                raise WrongImageError(
                    f"{image.path}: {len(segment.data)} bytes at 0x{segment.address:08x} lie in no memory of this chip"
                )

    def load(self, image: Image) -> None:
        """Put the image into memory; a segment outside the memories is a WrongImageError."""
        self.check(image)
        for segment in image.segments:
            self.memory.write(segment.address, segment.data)
        self.name_places(image)

    def name_places(self, image: Image | None) -> None:
        """Take functions' names from this image from now on, none for None."""
        self._image = image

    def forget_code(self) -> None:
        """Drop what was translated and priced: there is other code in memory now. Only between runs."""
        self.uc.ctl_flush_tb()
        self.counter.forget_code()

    def scramble_ram(self, seed: int = 1) -> None:
        """Fill all RAM with noise, which is what it holds at power-on."""
        noise = random.Random(seed)
        for memory in self._memories:
            if not memory.rom and memory.alias_of is None:
                self.memory.write(memory.region.start, noise.randbytes(memory.region.size))

    def reset(self, vector_table: int) -> None:
        """Bring the core to its reset state, with stack pointer and entry from the vector table."""
        stack, entry = struct.unpack("<II", self.memory.read(vector_table, 8))
        for register in _GENERAL:
            self.uc.reg_write(register, 0)
        for register in (
            arm.UC_ARM_REG_CONTROL,
            arm.UC_ARM_REG_PRIMASK,
            arm.UC_ARM_REG_BASEPRI,
            arm.UC_ARM_REG_FAULTMASK,
        ):
            self.uc.reg_write(register, 0)
        self.uc.reg_write(arm.UC_ARM_REG_XPSR, _THUMB)  # thread mode, so that SP is the main stack pointer
        self.uc.reg_write(arm.UC_ARM_REG_SP, stack & ~3)
        self.uc.reg_write(arm.UC_ARM_REG_LR, 0xFFFFFFFF)
        self._event = False
        self._pc = entry & ~1
        self._thumb = True

    def run(self, until_cycles: int) -> Stop:
        """Execute until the cycle counter has reached `until_cycles`, or something happens that the core cannot do."""
        self.counter.stop_after(until_cycles)
        self._exception = None
        error = UC_ERR_OK
        try:
            self.uc.emu_start(self._pc | self._thumb, _NOWHERE)
        except UcError as exc:
            error = exc.errno
        self._pc = self.uc.reg_read(arm.UC_ARM_REG_PC)
        if is_exception_return(self.uc, self._pc):
            return Stop.RETURN
        if self._exception == _SVC:
            return Stop.CALL
        if self._exception is not None:
            return self._faulted(from_exception(self._exception))
        if error != UC_ERR_OK:
            thumb = self._in_thumb_state()
            if not (thumb and self._gave_way(error)):
                return self._faulted(from_emulator(error, thumb, self._pc, self._missing_address))
        waits = self.counter.cycles < until_cycles and self._waits()
        return Stop.WAITING if waits else Stop.DEADLINE

    def push_frame(self) -> bool:
        """Store the frame of an exception; return False if the stack has no memory for it."""
        return push_frame(self.uc, self._store, self._pc)

    def enter_handler(self, number: int, vector_table: int) -> bool:
        """Make the core go on in the handler of exception `number`; return False if there is no vector to read."""
        try:
            vector = int.from_bytes(self.memory.read(vector_table + 4 * number, 4), "little")
        except MemoryFaultError:
            return False
        enter_handler(self.uc, number, vector)
        self._event = True
        self._pc = vector & ~1
        self._thumb = self._in_thumb_state()
        return True

    def leave_exception(self) -> CoreFault | None:
        """Make the core return from the exception it runs; return the fault if there is nothing to return to."""
        exc_return = self._pc | 1
        self.uc.reg_write(arm.UC_ARM_REG_LR, exc_return)  # for the handler of a fault on the way
        if not return_is_valid(exc_return):
            return INVALID_RETURN
        try:
            self._pc = leave_exception(self.uc, self.memory, exc_return) & ~1
        except MemoryFaultError:
            return UNSTACKING
        self._thumb = self._in_thumb_state()
        self._event = True
        return None

    def jump(self, address: int) -> None:
        """Let the core go on elsewhere, for a fault on purpose; only between runs."""
        self._pc = address

    def empty_stack(self) -> bool:
        """Put the stack pointer to the lowest address of its RAM if a function begins here; return whether it did."""
        if not self._begins_with_push():
            return False
        stack = self.uc.reg_read(arm.UC_ARM_REG_SP)
        for memory in self._memories:
            if not memory.rom and memory.region.holds(stack - 4, 4):
                self.uc.reg_write(arm.UC_ARM_REG_SP, memory.region.start)
        return True

    def masks(self) -> Masks:
        """Return the core's interrupt masks."""
        return Masks(
            self.uc.reg_read(arm.UC_ARM_REG_PRIMASK),
            self.uc.reg_read(arm.UC_ARM_REG_FAULTMASK),
            self.uc.reg_read(arm.UC_ARM_REG_BASEPRI),
        )

    def wait_again(self) -> None:
        """Execute the WFI once more that ended `run`, since nothing has come that ends it; a WFE may end by itself."""
        if self._opcode_before() == _WFI:
            self._pc -= 2

    def stop_soon(self) -> None:
        """Leave `run` before the next basic block; safe inside a device access."""
        self.counter.stop_after(0)

    def place(self) -> str:
        """Name where the core is: to the instruction between runs, to the basic block inside a device access."""
        return self._name(self.uc.reg_read(arm.UC_ARM_REG_PC))

    def _name(self, address: int) -> str:
        name = self._image.symbols.name_of(address) if self._image else "no function"
        return f"{name}, pc 0x{address:08x}"

    def where_and_whence(self) -> str:
        """Name the core's place between runs, and where the function it is in would return to."""
        lr = self.uc.reg_read(arm.UC_ARM_REG_LR)
        return f"{self._name(self._pc)}, lr {self._name(lr & ~1).replace('pc ', '')}"

    def _in_thumb_state(self) -> bool:
        return bool(self.uc.reg_read(arm.UC_ARM_REG_XPSR) & _THUMB)

    def _faulted(self, fault: CoreFault) -> Stop:
        self.fault = fault
        return Stop.FAULT

    def _gave_way(self, error: int) -> bool:
        """Whether the core executed WFE or YIELD, which Unicorn takes for an invalid instruction."""
        return error == UC_ERR_INSN_INVALID and self._opcode_before() in (_WFE, _YIELD)

    def _waits(self) -> bool:
        """Whether WFI or WFE stopped the core. After an exception or SEV, WFE forgets that and does not wait."""
        opcode = self._opcode_before()
        if opcode == _WFE:
            event = self._event or self._opcode_before(2) == _SEV
            self._event = False
            return not event
        return opcode == _WFI

    def _opcode_before(self, count: int = 1) -> int:
        """Return the half-word that lies `count` half-words before the core's place, 0 if there is none."""
        try:
            return int.from_bytes(self.memory.read(self._pc - 2 * count, 2), "little")
        except MemoryFaultError:
            return 0

    def _begins_with_push(self) -> bool:
        """Whether the next instruction pushes LR, as the first one of most functions does."""
        opcode = self._opcode_before(0)
        return opcode & 0xFF00 == _PUSH_LR or opcode == _PUSH_WIDE

    def _on_exception(self, uc: Uc, number: int, _data: object) -> None:
        self._exception = number
        uc.emu_stop()

    def _missing_address(self) -> int:
        """Execute the load or store once more that found no memory, to see its address.

        A hook for that which is always there would cost Unicorn 2.1.4 a quarter of its speed.
        """
        seen = [0]

        def note(_uc: Uc, _access: int, address: int, _size: int, _value: int, _data: object) -> bool:
            seen.append(address)
            return False

        hook = self.uc.hook_add(UC_HOOK_MEM_UNMAPPED | UC_HOOK_MEM_PROT, note)
        self.counter.stop_after(self.counter.cycles + 1)
        with contextlib.suppress(UcError):
            self.uc.emu_start(self._pc | 1, _NOWHERE)
        self.uc.hook_del(hook)
        return seen[-1]

    def _store(self, address: int, data: bytes) -> bool:
        """Store words into RAM; those that have none are lost, and then the result is False."""
        stored = True
        for at in range(0, len(data), 4):
            if any(not memory.rom and memory.region.holds(address + at, 4) for memory in self._memories):
                self.memory.write(address + at, data[at : at + 4])
            else:
                stored = False
        return stored

    def _is_rom(self, address: int) -> bool:
        return any(memory.rom and memory.region.holds(address, 1) for memory in self._memories)

    def _map(self, memory: Memory) -> None:
        region = memory.region
        buffer = self._buffers.get(memory.alias_of or region.name)
        if buffer is None:
            buffer = self._buffers[region.name] = ctypes.create_string_buffer(region.size)
        protection = UC_PROT_READ | UC_PROT_EXEC if memory.rom else UC_PROT_ALL
        self.uc.mem_map_ptr(region.start, region.size, protection, ctypes.addressof(buffer))
