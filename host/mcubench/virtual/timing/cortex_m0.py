"""How the Cortex-M0 issues instructions: one at a time, in order, each with a fixed cost, with memory that never waits.

The costs are those of Arm's Technical Reference Manual r0p0 (DDI 0432C), table 3-1. The multiplier is the one of a
single cycle, which the makers of microcontrollers choose; the small one takes 32.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mcubench.virtual.timing.instruction import PC, Instruction, Kind

__all__ = ["FAST_MULTIPLIER_CYCLES", "SMALL_MULTIPLIER_CYCLES", "make_schedule"]

FAST_MULTIPLIER_CYCLES, SMALL_MULTIPLIER_CYCLES = 1, 32

_CYCLES = {Kind.LOAD: 2, Kind.STORE: 2}
_MULTIPLE = frozenset([Kind.LOAD_MULTIPLE, Kind.STORE_MULTIPLE])
_BY_NAME = {"bl": 4, "dmb": 4, "dsb": 4, "isb": 4, "mrs": 4, "msr": 4, "wfe": 2, "wfi": 2}
# B, BX, BLX, MOV and ADD to the program counter take 3 cycles, POP to it 4 + N: what fills the pipeline again.
_REFILL_CYCLES, _REFILL_LOADED_CYCLES = 2, 3
_WORD_BYTES = 4

Schedule = Callable[[Sequence[Instruction], frozenset[int]], int]


def make_schedule(multiplier_cycles: int = FAST_MULTIPLIER_CYCLES, branch_wait_cycles: int = 0) -> Schedule:
    """Return what prices a straight run of instructions.

    `branch_wait_cycles` is what a word of instructions takes longer behind a taken branch, where no prefetch buffer
    can have it: once for the target's word, and once more for the next one if the target is the second half of a word.
    """

    def schedule(instructions: Sequence[Instruction], breaks: frozenset[int] = frozenset()) -> int:
        cycles = 0
        for index, instruction in enumerate(instructions):
            cycles += multiplier_cycles if instruction.kind is Kind.MULTIPLY else _own_cycles(instruction)
            if index > 0 and index in breaks:
                cycles += _refill_cycles(instructions[index - 1])
                cycles += branch_wait_cycles * (2 if instruction.address % _WORD_BYTES else 1)
        return cycles

    return schedule


def _own_cycles(instruction: Instruction) -> int:
    """Return what an instruction takes that goes on to the next one."""
    if instruction.kind in _MULTIPLE and instruction.access is not None:
        return 1 + instruction.access.words
    return _BY_NAME.get(instruction.name, _CYCLES.get(instruction.kind, 1))


def _refill_cycles(branch: Instruction) -> int:
    """Return what is added to the branch before a target. Of BL the four cycles are all it takes."""
    if branch.name == "bl":
        return 0
    return _REFILL_LOADED_CYCLES if PC in branch.results and branch.kind in _MULTIPLE else _REFILL_CYCLES
