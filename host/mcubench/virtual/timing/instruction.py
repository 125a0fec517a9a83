"""Thumb-2 instructions as a cycle model sees them: what kind, which registers in which role, which memory."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

__all__ = ["FLAGS", "FP_FLAGS", "PC", "S0", "SP", "Access", "Instruction", "Kind", "Role", "Source"]

# Registers are numbers: r0-r15, the flags, s0-s31 from 32 on (a double is its two singles).
SP, PC, FLAGS, FP_FLAGS, S0 = 13, 15, 16, 17, 32


class Kind(Enum):
    """Instructions that the pipelines of the Cortex-M family treat alike."""

    ALU = auto()
    MOVE = auto()
    SHIFT = auto()
    EXTEND = auto()  # DSP and bit-field operations that are not multiplications
    MULTIPLY = auto()
    DIVIDE = auto()
    LOAD = auto()
    STORE = auto()
    LOAD_MULTIPLE = auto()  # LDM, LDRD, POP, VLDM and double VLDR
    STORE_MULTIPLE = auto()
    BRANCH = auto()
    TABLE_BRANCH = auto()
    FP_ADD = auto()  # and all else with the latency of an addition
    FP_MULTIPLY = auto()
    FP_MAC = auto()
    FP_DIVIDE = auto()
    FP_SQRT = auto()
    FP_DOUBLE = auto()  # any double-precision arithmetic
    FP_MOVE = auto()
    FP_STATUS = auto()
    NOP = auto()
    SYSTEM = auto()


class Role(Enum):
    """What a source register is needed for, which decides when."""

    PLAIN = auto()
    SHIFTED = auto()  # through a shifter in front of the ALU: inline shifts, extracted fields
    ADDRESS = auto()
    STORED = auto()
    MULTIPLIED = auto()
    ACCUMULATED = auto()


@dataclass(frozen=True, slots=True)
class Source:
    """A register that is read, and what for."""

    register: int
    role: Role


@dataclass(frozen=True, slots=True)
class Access:
    """A data access: address = base + (index << shift) + offset_bytes; `writeback_bytes` is added to base."""

    base: int
    index: int | None
    shift: int
    offset_bytes: int
    size_bytes: int
    words: int
    store: bool
    writeback_bytes: int


@dataclass(frozen=True, slots=True)
class Instruction:
    """One decoded instruction.

    `results` are the registers written (a base that is written back is in `access`), `immediate` the constant of
    MOV, ADD, SUB and of a direct branch (its target), `wide_constant` whether a constant needs the shifter.
    """

    address: int
    size_bytes: int
    name: str
    kind: Kind
    sources: tuple[Source, ...]
    results: tuple[int, ...]
    access: Access | None = None
    immediate: int | None = None
    wide_constant: bool = False
    conditional: bool = False

    @property
    def ends_block(self) -> bool:
        return self.kind in (Kind.BRANCH, Kind.TABLE_BRANCH) or PC in self.results

    @property
    def shifts_operand(self) -> bool:
        return any(source.role is Role.SHIFTED for source in self.sources)
