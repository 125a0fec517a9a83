"""How the Cortex-M4 issues instructions: one at a time, in order, with memory that never waits.

The costs are those of Arm's Technical Reference Manual r0p1 (DDI 0439): section 3.3.1 for the core, 3.3.2 for loads
and stores, 7.2.3 for the floating-point unit. Where the manual leaves a range, measurements decide:
github.com/jnk0le/random ("pipeline cycle test", doc/cortex_m3m4.md), compendium.i-0.nl ("Alignment rules").
"""

from __future__ import annotations

from collections.abc import Sequence

from mcubench.virtual.timing.instruction import FLAGS, PC, S0, Access, Instruction, Kind

__all__ = ["schedule"]

# What takes longer than a cycle by itself.
_CYCLES = {
    Kind.DIVIDE: 7,  # 2 to 12, as the operands need
    Kind.TABLE_BRANCH: 3,  # a load and an addition
    Kind.FP_MAC: 3,
    Kind.FP_DIVIDE: 14,
    Kind.FP_SQRT: 14,
}
_BARRIERS = {"dmb": 1, "dsb": 1, "isb": 4}
_FP_ARITHMETIC = frozenset([Kind.FP_ADD, Kind.FP_MULTIPLY, Kind.FP_MAC, Kind.FP_DIVIDE, Kind.FP_SQRT])
_MULTIPLE = frozenset([Kind.LOAD_MULTIPLE, Kind.STORE_MULTIPLE])
_LOADS = frozenset([Kind.LOAD, Kind.LOAD_MULTIPLE, Kind.TABLE_BRANCH])

# P of the manual, 1 to 3 cycles to fill the pipeline again: 1 when the target is in the instruction, which the core
# looks ahead for (nrfx's delay loop of SUBS and BHI takes 3 cycles), 3 behind a load (3.3.2).
_REFILL_DIRECT, _REFILL_REGISTER, _REFILL_LOADED = 1, 2, 3
# A 32-bit instruction that is not on a word is in two words. The prefetch unit keeps up with two of these in a row.
_STRADDLING_RUN = 3


def schedule(instructions: Sequence[Instruction], breaks: frozenset[int] = frozenset()) -> int:
    """Return the cycles that a straight run of instructions takes; `breaks` are indexes a taken branch leads to."""
    cycles = 0
    before: Instruction | None = None
    straddling = 0
    for index, instruction in enumerate(instructions):
        if before is not None and index in breaks:
            cycles += _refill_cycles(before, instruction)
            straddling = 0
        straddling = straddling + 1 if _straddles(instruction) else 0
        cycles += straddling == _STRADDLING_RUN
        cycles += _own_cycles(before, instruction) + _stall_cycles(before, instruction)
        before = instruction
    return cycles


def _straddles(instruction: Instruction) -> bool:
    return instruction.size_bytes == 4 and instruction.address % 4 != 0


def _refill_cycles(branch: Instruction, target: Instruction) -> int:
    if branch.kind in _LOADS:
        cycles = _REFILL_LOADED
    elif branch.immediate is not None:
        cycles = _REFILL_DIRECT
    else:
        cycles = _REFILL_REGISTER
    return cycles + _straddles(target)


def _own_cycles(before: Instruction | None, instruction: Instruction) -> int:
    """Return what an instruction takes behind the one before it, operands apart."""
    kind, access = instruction.kind, instruction.access
    if kind is Kind.NOP:
        folded = instruction.name == "it" and before is not None and before.size_bytes == 2
        return 0 if folded else 1
    if kind in _MULTIPLE and access is not None:
        return 1 + access.words
    if kind is Kind.LOAD and access is not None:
        return 1 if _pipelines(before, instruction, access) else 2
    if kind is Kind.STORE and access is not None:
        # Three registers are read for a store with an index, which hides behind a load's second cycle.
        return 1 if access.index is None or _pipelines(before, instruction, access) else 2
    if kind is Kind.FP_MOVE:
        return _move_cycles(instruction)
    return _BARRIERS.get(instruction.name, _CYCLES.get(kind, 1))


def _pipelines(before: Instruction | None, instruction: Instruction, access: Access) -> bool:
    """Return whether an access sends its address while the load before it takes its data."""
    if before is None or before.kind is not Kind.LOAD or PC in before.results:
        return False
    if instruction.kind is Kind.LOAD and _straddles(instruction):
        return False
    return access.base not in before.results and access.index not in before.results


def _move_cycles(instruction: Instruction) -> int:
    """Return 2 for a move of two registers between the core and the floating-point unit, else 1."""
    core = [register for register in instruction.results if register < S0]
    core += [source.register for source in instruction.sources if source.register < FLAGS]
    return max(1, len(core))


def _stall_cycles(before: Instruction | None, instruction: Instruction) -> int:
    """Return how long an instruction waits for the one before it."""
    if before is None:
        return 0
    stalls = 0
    access = instruction.access
    if before.kind is Kind.STORE and instruction.kind is Kind.LOAD:
        stalls += 1  # nothing pipelines behind a store
    if access is not None and before.kind not in _LOADS and {access.base, access.index} & set(before.results):
        stalls += 1  # results reach an address through the register bank only
    if before.kind in _FP_ARITHMETIC and any(source.register in before.results for source in instruction.sources):
        stalls += 1
    return stalls
