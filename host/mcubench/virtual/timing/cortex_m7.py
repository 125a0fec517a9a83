"""How the Cortex-M7 issues instructions: two at a time, in order, statically scheduled.

Arm publishes no instruction timing for this core. The rules are facts from LLVM's ARMScheduleM7.td, from measurements
on an STM32H743 (github.com/jnk0le/random, "pipeline cycle test", doc/cortex_m7.md) and from
quinapalus.com/cm7cycles.html.

Stages are counted from issue: an operand needed in EX1 is needed at 0, in EX2 (where the late ALU is) at 1, in EX3 at
2. A result "ready at 2" can be read by whatever needs it at 2 or later, so an ALU result of the cycle before meets EX2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from mcubench.virtual.timing.instruction import FLAGS, PC, S0, Access, Instruction, Kind, Role

__all__ = ["schedule"]

_EX1, _EX2, _EX3 = 0, 1, 2
_EARLY_RESULT, _LATE_RESULT, _SLOW_RESULT = 1, 2, 3

# Instructions that issue alone, and for how many cycles they hold the pipeline.
_ALONE = {
    Kind.DIVIDE: 7,
    Kind.TABLE_BRANCH: 2,
    Kind.SYSTEM: 3,
    Kind.FP_DIVIDE: 16,
    Kind.FP_SQRT: 14,
    Kind.FP_DOUBLE: 4,
    Kind.FP_STATUS: 1,
}
# Double-precision multiplications hold it longer; the mean of what was measured.
_DOUBLE_CYCLES = {"vadd": 2, "vsub": 2, "vmul": 5, "vnmul": 5, "vdiv": 30, "vsqrt": 30, "vfma": 8, "vmla": 8}

_FP_ARITHMETIC = frozenset([Kind.FP_ADD, Kind.FP_MULTIPLY, Kind.FP_MAC])
_EARLY_ALU = frozenset(["add", "addw", "sub", "subw", "mov", "movw"])
_SLOW_EXTENDS = ("q", "uq", "ssat", "usat", "usad")  # saturation takes a cycle more
_SHIFTER_EXTENDS = frozenset(["bfc", "sbfx", "ubfx"])
_FP_MAC_SHADOW_CYCLES = 3  # after a multiply-accumulate the port that loads and moves use is taken


@dataclass
class _Pipeline:
    """Where the schedule is: the cycle of the last issue, what it holds, and when registers are ready."""

    cycle: int = -1
    older: Instruction | None = None  # issued in `cycle` with the younger slot still free
    ready: dict[int, int] = field(default_factory=dict)
    # For consumers that the fast path from the load pipe does not reach.
    ready_slow: dict[int, int] = field(default_factory=dict)
    free: int = 0  # first cycle in which the next group can issue
    fp_mac_cycle: int = -100


def schedule(instructions: Sequence[Instruction], breaks: frozenset[int] = frozenset()) -> int:
    """Return the cycles that a straight run of instructions takes to issue.

    `breaks` are indexes that begin a new issue group because a taken branch leads there.
    """
    pipeline = _Pipeline()
    for index, instruction in enumerate(instructions):
        if index in breaks:
            pipeline.older = None
            pipeline.free = max(pipeline.free, pipeline.cycle + 1)
        _issue(pipeline, instruction)
    return pipeline.free


def _issue(pipeline: _Pipeline, instruction: Instruction) -> None:
    earliest = _operands_ready(pipeline, instruction)
    older = pipeline.older
    if older is not None and earliest <= pipeline.cycle and _pairs(pipeline, older, instruction):
        pipeline.older = None
        _retire(pipeline, instruction, pipeline.cycle, younger=True)
        return
    cycle = max(earliest, pipeline.free)
    if pipeline.cycle - pipeline.fp_mac_cycle < _FP_MAC_SHADOW_CYCLES and _shadowed(instruction):
        cycle = max(cycle, pipeline.fp_mac_cycle + _FP_MAC_SHADOW_CYCLES)
    hold = _hold_cycles(instruction)
    pipeline.cycle = cycle
    pipeline.free = cycle + hold
    pipeline.older = None if _issues_alone(instruction) else instruction
    _retire(pipeline, instruction, cycle + hold - 1, younger=False)


def _issues_alone(instruction: Instruction) -> bool:
    return instruction.kind in _ALONE or instruction.kind in (Kind.LOAD_MULTIPLE, Kind.STORE_MULTIPLE)


def _hold_cycles(instruction: Instruction) -> int:
    """Return how long an instruction keeps the next one from issuing."""
    if instruction.kind in (Kind.LOAD_MULTIPLE, Kind.STORE_MULTIPLE):
        words = instruction.access.words if instruction.access else 1
        return (words + 1) // 2
    if instruction.kind is Kind.FP_DOUBLE:
        return _DOUBLE_CYCLES.get(instruction.name, _ALONE[Kind.FP_DOUBLE])
    return _ALONE.get(instruction.kind, 1)


def _shadowed(instruction: Instruction) -> bool:
    """Return whether an instruction cannot issue in the shadow of a floating-point multiply-accumulate."""
    if instruction.kind is Kind.FP_ADD:
        return True
    multiple = instruction.kind in (Kind.LOAD_MULTIPLE, Kind.STORE_MULTIPLE)
    return multiple and instruction.name.startswith("v")


def _needed(instruction: Instruction, role: Role) -> int:
    """Return the stage in which a source is read."""
    kind = instruction.kind
    if kind in _FP_ARITHMETIC or kind in (Kind.FP_MOVE, Kind.FP_DIVIDE, Kind.FP_SQRT, Kind.FP_DOUBLE):
        return _EX3 if role is Role.ACCUMULATED else _EX1
    if role is Role.STORED and instruction.name.startswith("v"):
        return _EX3
    return {
        Role.PLAIN: _EX2,
        Role.SHIFTED: _EX1,
        Role.ADDRESS: _EX1,
        Role.MULTIPLIED: _EX2,
        Role.ACCUMULATED: _EX3,
        Role.STORED: _SLOW_RESULT,
    }[role]


def _operands_ready(pipeline: _Pipeline, instruction: Instruction) -> int:
    """Return the first cycle in which an instruction finds all its operands."""
    earliest = 0
    for source in instruction.sources:
        slow = source.role in (Role.ADDRESS, Role.MULTIPLIED)
        if instruction.kind is Kind.FP_MAC:
            slow = source.role is Role.ACCUMULATED
        times = pipeline.ready_slow if slow else pipeline.ready
        need = _needed(instruction, source.role)
        earliest = max(earliest, times.get(source.register, -100) - need)
    return earliest


def _pairs(pipeline: _Pipeline, older: Instruction, younger: Instruction) -> bool:
    """Return whether two instructions may issue in one cycle, dependences aside."""
    kinds = {older.kind, younger.kind}
    if _issues_alone(younger) or younger.kind is Kind.EXTEND:
        return False  # DSP and bit-field instructions go down the older slot only
    if older.kind is Kind.BRANCH and younger.kind is Kind.BRANCH:
        return False
    if older.kind is younger.kind and older.kind in (Kind.MULTIPLY, Kind.STORE, Kind.FP_MOVE):
        return False
    if kinds == {Kind.MULTIPLY, Kind.STORE}:
        return False
    if kinds == {Kind.LOAD} and not _different_banks(older, younger):
        return False
    if _uses_shifter(older) and _uses_shifter(younger):
        return False
    return _pairs_floating(pipeline, older, younger)


def _pairs_floating(pipeline: _Pipeline, older: Instruction, younger: Instruction) -> bool:
    if older.kind in _FP_ARITHMETIC and younger.kind in _FP_ARITHMETIC:
        return False
    moves = [_moves_floating(older), _moves_floating(younger)]
    if Kind.FP_MAC in (older.kind, younger.kind) and any(moves):
        return False
    return not (moves[1] and pipeline.cycle - pipeline.fp_mac_cycle <= _FP_MAC_SHADOW_CYCLES)


def _moves_floating(instruction: Instruction) -> bool:
    access = instruction.kind in (Kind.LOAD, Kind.STORE) and instruction.name.startswith("v")
    return access or instruction.kind is Kind.FP_MOVE


def _uses_shifter(instruction: Instruction) -> bool:
    """Return whether an instruction takes the one shifter in front of the ALUs."""
    if instruction.kind is Kind.EXTEND:
        return instruction.shifts_operand or instruction.name in _SHIFTER_EXTENDS
    return instruction.kind in (Kind.ALU, Kind.MOVE) and (instruction.shifts_operand or instruction.wide_constant)


def _different_banks(older: Instruction, younger: Instruction) -> bool:
    """Return whether two loads are known to hit an even and an odd word, which the two load ports serve together."""
    first, second = older.access, younger.access
    if first is None or second is None or first.base != second.base or first.writeback_bytes:
        return False
    if first.index is not None or second.index is not None:
        return False
    if first.base == PC:
        # Literals are relative to the instruction's own word.
        return bool((_literal_address(older, first) ^ _literal_address(younger, second)) & 4)
    return bool((first.offset_bytes ^ second.offset_bytes) & 4)


def _literal_address(instruction: Instruction, access: Access) -> int:
    return (instruction.address + 4 & ~3) + access.offset_bytes


def _retire(pipeline: _Pipeline, instruction: Instruction, cycle: int, younger: bool) -> None:
    """Note when the results can be read."""
    ready, slow = _result_stages(pipeline, instruction, cycle, younger)
    for register in instruction.results:
        late = register == FLAGS  # flags are set by the late ALU whichever computes the result
        pipeline.ready[register] = cycle + (max(ready, _LATE_RESULT) if late else ready)
        pipeline.ready_slow[register] = cycle + slow
    access = instruction.access
    if access is not None and access.writeback_bytes:
        pipeline.ready[access.base] = cycle + _EARLY_RESULT
        pipeline.ready_slow[access.base] = cycle + _EARLY_RESULT
    if instruction.kind is Kind.FP_MAC:
        pipeline.fp_mac_cycle = cycle


def _result_stages(pipeline: _Pipeline, instruction: Instruction, cycle: int, younger: bool) -> tuple[int, int]:
    """Return when a result can be read, by the fast paths and by consumers that those do not reach."""
    kind, name = instruction.kind, instruction.name
    if kind in (Kind.LOAD, Kind.LOAD_MULTIPLE):
        if name.startswith("v"):
            return 2, 6  # an accumulator waits longest for a load
        fast = _LATE_RESULT if name in ("ldr", "ldrd", "ldm", "pop", "ldmdb") else _SLOW_RESULT
        return fast, fast + 1
    if kind is Kind.MULTIPLY:
        return _SLOW_RESULT, _SLOW_RESULT
    if kind is Kind.EXTEND:
        stage = _SLOW_RESULT if name.startswith(_SLOW_EXTENDS) else _LATE_RESULT
        return stage, stage
    floating = {Kind.FP_ADD: 3, Kind.FP_MULTIPLY: 3, Kind.FP_MAC: 5, Kind.FP_MOVE: 4, Kind.FP_DOUBLE: 3}
    if kind in floating:
        to_core = kind is Kind.FP_MOVE and all(register < S0 for register in instruction.results)
        stage = _SLOW_RESULT if to_core else floating[kind]
        return stage, stage
    if kind in (Kind.ALU, Kind.MOVE, Kind.SHIFT) and _early(pipeline, instruction, cycle, younger):
        return _EARLY_RESULT, _EARLY_RESULT
    return _LATE_RESULT, _LATE_RESULT


def _early(pipeline: _Pipeline, instruction: Instruction, cycle: int, younger: bool) -> bool:
    """Return whether an instruction goes through the early ALU, in EX1, which needs its operands by then."""
    if instruction.kind is not Kind.SHIFT and (younger or instruction.name not in _EARLY_ALU):
        return False
    if instruction.shifts_operand or instruction.wide_constant:
        return False
    return all(pipeline.ready.get(source.register, -100) <= cycle for source in instruction.sources)
