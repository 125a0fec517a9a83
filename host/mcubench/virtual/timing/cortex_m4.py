"""How the Cortex-M4 issues instructions: one at a time, in order.

The costs are those of Arm's Cortex-M4 Technical Reference Manual r0p1 (DDI 0439), table 3-1 and section 3.3.2 for the
core, table 7-1 for the floating-point unit, with memory that never waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mcubench.virtual.timing.instruction import PC, S0, Access, Instruction, Kind, Role

__all__ = ["schedule"]

# What takes more than one cycle by itself.
_CYCLES = {
    Kind.DIVIDE: 7,  # 2 to 12, as long as the operands need
    Kind.TABLE_BRANCH: 3,  # a load and an addition
    Kind.FP_MAC: 3,
    Kind.FP_DIVIDE: 14,
    Kind.FP_SQRT: 14,
}
_BARRIERS = frozenset(["dmb", "dsb", "isb"])
_BARRIER_CYCLES = 4
_FP_ARITHMETIC = frozenset([Kind.FP_ADD, Kind.FP_MULTIPLY, Kind.FP_MAC, Kind.FP_DIVIDE, Kind.FP_SQRT])
_MULTIPLE = frozenset([Kind.LOAD_MULTIPLE, Kind.STORE_MULTIPLE])
# Refilling the pipeline takes 1 to 3 cycles: one where the target is known when the branch is decoded.
_REFILL_DIRECT_CYCLES, _REFILL_CYCLES = 1, 2


@dataclass
class _Pipeline:
    """The cycles so far, and the instruction before."""

    cycles: int = 0
    before: Instruction | None = None


def schedule(instructions: Sequence[Instruction], breaks: frozenset[int] = frozenset()) -> int:
    """Return the cycles that a straight run of instructions takes.

    `breaks` are indexes that a taken branch leads to.
    """
    pipeline = _Pipeline()
    for index, instruction in enumerate(instructions):
        if index in breaks:
            pipeline.cycles += _refill_cycles(pipeline.before, instruction)
        pipeline.cycles += _cycles(pipeline.before, instruction)
        pipeline.before = instruction
    return pipeline.cycles


def _refill_cycles(branch: Instruction | None, target: Instruction) -> int:
    """Return how long the pipeline takes to fill again behind a taken branch."""
    direct = branch is not None and branch.kind is Kind.BRANCH and branch.immediate is not None
    # A wide instruction that begins in the middle of a word takes a second fetch.
    straddles = target.size_bytes == 4 and target.address % 4 != 0
    return (_REFILL_DIRECT_CYCLES if direct else _REFILL_CYCLES) + straddles


def _cycles(before: Instruction | None, instruction: Instruction) -> int:
    """Return what an instruction adds behind the one before it."""
    if instruction.name.startswith("it") and instruction.kind is Kind.NOP:
        # Folded onto a 16-bit instruction.
        return 0 if before is not None and before.size_bytes == 2 else 1
    if instruction.name in _BARRIERS:
        return _BARRIER_CYCLES
    return _own_cycles(before, instruction) + _stall_cycles(before, instruction)


def _own_cycles(before: Instruction | None, instruction: Instruction) -> int:
    kind, access = instruction.kind, instruction.access
    if access is not None and kind in _MULTIPLE:
        return 1 + access.words
    if access is not None and kind is Kind.LOAD:
        return 1 if _pipelines(before, access) else 2
    if access is not None and kind is Kind.STORE:
        return 2 if access.index is not None and not _pipelines(before, access) else 1
    if kind is Kind.FP_MOVE:
        return max(1, sum(register >= S0 for register in (*instruction.results, *_read(instruction))) // 2)
    return _CYCLES.get(kind, 1)


def _pipelines(before: Instruction | None, access: Access) -> bool:
    """Return whether the address goes out while the load before waits for its data."""
    if before is None or before.kind is not Kind.LOAD or PC in before.results:
        return False
    return access.base not in before.results and access.index not in before.results


def _stall_cycles(before: Instruction | None, instruction: Instruction) -> int:
    """Return how long an instruction waits for results of the one before it."""
    if before is None:
        return 0
    if before.kind in _FP_ARITHMETIC:
        return int(any(register in before.results for register in _read(instruction)))
    return 0


def _read(instruction: Instruction) -> tuple[int, ...]:
    return tuple(source.register for source in instruction.sources if source.role is not Role.ACCUMULATED)
