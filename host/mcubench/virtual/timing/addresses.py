"""Which memory a block touches, as sums of registers that are known when the block starts or when it has ended.

The cache model needs the address of every access, and hooking each access would slow the emulator down twentyfold. The
base of nearly every access is a register that the block has not changed yet (or changed by a constant), or one that
still holds the same value when the block has ended, so reading registers at block boundaries is enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mcubench.virtual.timing.instruction import PC, Access, Instruction

__all__ = ["BlockAccess", "BlockAccesses", "find_accesses"]

_WORD = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class _Value:
    """register + (index << shift) + constant; None where absent."""

    register: int | None
    index: int | None = None
    shift: int = 0
    constant: int = 0

    def plus(self, constant: int) -> _Value:
        return replace(self, constant=self.constant + constant & _WORD)


@dataclass(frozen=True, slots=True)
class BlockAccess:
    """One or more accesses to neighbouring bytes: first address as in `_Value`, and how far the last byte is from it.

    `instruction` is the number of the (first) instruction in its block, `count` how many words or parts are moved.
    """

    register: int | None
    index: int | None
    shift: int
    offset_bytes: int
    span_bytes: int
    count: int
    store: bool
    instruction: int


@dataclass(frozen=True, slots=True)
class BlockAccesses:
    """Accesses to be evaluated with the registers at the block's start and at its end; `unknown` are in neither."""

    entry: tuple[BlockAccess, ...]
    exit: tuple[BlockAccess, ...]
    unknown: int


def find_accesses(instructions: Sequence[Instruction]) -> BlockAccesses:
    """Return the data accesses of a block, neighbouring ones merged."""
    entry: list[BlockAccess] = []
    pending: list[int] = []
    values: dict[int, _Value | None] = {}
    for number, instruction in enumerate(instructions):
        if instruction.access is not None:
            address = _address(instruction, instruction.access, values)
            if address is None:
                pending.append(number)
            else:
                entry.append(_block_access(number, instruction.access, address))
        _execute(instruction, values)
    at_exit: list[BlockAccess] = []
    unknown = 0
    for number in pending:
        found = _value_at_exit(instructions, number)
        if found is None:
            unknown += 1
        else:
            at_exit.append(found)
    return BlockAccesses(tuple(_merge(entry)), tuple(_merge(at_exit)), unknown)


def _block_access(number: int, access: Access, address: _Value) -> BlockAccess:
    return BlockAccess(
        register=address.register,
        index=address.index,
        shift=address.shift,
        offset_bytes=address.constant,
        span_bytes=access.size_bytes - 1,
        count=access.words,
        store=access.store,
        instruction=number,
    )


def _value(register: int, values: dict[int, _Value | None]) -> _Value | None:
    return values.get(register, _Value(register)) if register < PC else None


def _address(instruction: Instruction, access: Access, values: dict[int, _Value | None]) -> _Value | None:
    if access.base == PC:
        return _Value(None, constant=(instruction.address + 4 & ~3) + access.offset_bytes)
    base = _value(access.base, values)
    if base is None:
        return None
    if access.index is not None:
        return _sum(base, _value(access.index, values), access.shift)
    return base.plus(access.offset_bytes)


def _sum(first: _Value, second: _Value | None, shift: int = 0) -> _Value | None:
    """Return first + (second << shift) if it is a sum of two registers at most."""
    if second is None:
        return None
    if second.register is None:
        return first.plus(second.constant << shift)
    if second.index is not None or first.index is not None:
        return None
    constant = first.constant + (second.constant << shift) & _WORD
    if first.register is None and shift == 0:
        return _Value(second.register, constant=constant)
    return _Value(first.register, second.register, shift, constant)


def _execute(instruction: Instruction, values: dict[int, _Value | None]) -> None:
    """Carry the effect of one instruction over to what is known of registers."""
    access = instruction.access
    result = None if instruction.conditional else _result(instruction, values)
    if access is not None and access.writeback_bytes:
        base = _value(access.base, values)
        values[access.base] = None if base is None or instruction.conditional else base.plus(access.writeback_bytes)
    for register in instruction.results:
        values[register] = None
    if result is not None:
        values[instruction.results[0]] = result


def _result(instruction: Instruction, values: dict[int, _Value | None]) -> _Value | None:
    """Return what MOV, ADD, SUB and a left shift by a constant leave behind, None if it is no simple sum."""
    name, constant = instruction.name, instruction.immediate
    registers = [source.register for source in instruction.sources]
    first = _value(registers[0], values) if registers else None
    if name in ("mov", "movw") and not instruction.shifts_operand:
        return first if registers else _Value(None, constant=(constant or 0) & _WORD)
    if name == "movt" and first is not None and first.register is None and constant is not None:
        return _Value(None, constant=first.constant & 0xFFFF | constant << 16)
    if name not in ("add", "addw", "sub", "subw") or first is None or instruction.shifts_operand:
        return None
    if constant is not None:
        return first.plus(-constant if name.startswith("sub") else constant)
    if name == "add" and len(registers) == 2:
        return _sum(first, _value(registers[1], values))
    return None


def _value_at_exit(instructions: Sequence[Instruction], number: int) -> BlockAccess | None:
    """Return the access of instruction `number` in terms of the registers after the block, if they still tell."""
    instruction = instructions[number]
    access = instruction.access
    if access is None or access.base == PC:
        return None
    values: dict[int, _Value | None] = {}
    for later in instructions[number:]:
        _execute(later, values)
    # Where the register is now only a constant away from what it was, take that constant off again.
    moved = _value(access.base, values)
    if moved is None or moved.register != access.base or moved.index is not None:
        return None
    index = access.index
    if index is not None and _value(index, values) != _Value(index):
        return None
    address = _Value(access.base, index, access.shift, access.offset_bytes - moved.constant & _WORD)
    return _block_access(number, access, address)


def _merge(accesses: Sequence[BlockAccess]) -> list[BlockAccess]:
    """Join accesses that lie next to each other, so that one look-up per cache line serves them."""
    merged: list[BlockAccess] = []
    for access in accesses:
        for number, other in enumerate(merged):
            joined = _join(other, access)
            if joined is not None:
                merged[number] = joined
                break
        else:
            merged.append(access)
    return merged


def _join(first: BlockAccess, second: BlockAccess) -> BlockAccess | None:
    same = (first.register, first.index, first.shift, first.store)
    if same != (second.register, second.index, second.shift, second.store):
        return None
    distance = (second.offset_bytes - first.offset_bytes + 0x80000000 & _WORD) - 0x80000000
    start = min(0, distance)
    end = max(first.span_bytes, distance + second.span_bytes)
    # Only what leaves no gap of a whole line: a gap would be charged as if it had been touched.
    if max(distance - first.span_bytes, -distance - second.span_bytes) > 4 or end - start >= 1024:
        return None
    return replace(
        first,
        offset_bytes=first.offset_bytes + start & _WORD,
        span_bytes=end - start,
        count=first.count + second.count,
    )
