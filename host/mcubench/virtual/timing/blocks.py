"""The basic blocks that have run, what is known of each, and what it costs to go from one to the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mcubench.virtual.timing import hook
from mcubench.virtual.timing.addresses import find_accesses
from mcubench.virtual.timing.decode import decode
from mcubench.virtual.timing.instruction import Instruction, Kind
from mcubench.virtual.timing.model import CoreModel
from mcubench.virtual.timing.tables import Tables

__all__ = ["Block", "BlockBook"]

# How much of the block before is scheduled ahead of a block, so that its results in flight count. Most latencies are
# below 8 cycles, of two instructions each.
_TAIL_INSTRUCTIONS = 16
_NO_BREAKS: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Block:
    """A basic block as Unicorn cut it; `row` is its place in the tables, `unknown_accesses` go uncharged."""

    row: int
    instructions: tuple[Instruction, ...]
    unknown_accesses: int

    @property
    def end(self) -> int:
        last = self.instructions[-1]
        return last.address + last.size_bytes


class BlockBook:
    """Prices an edge, from one block to another, the first time it is taken.

    Code is expected to stay what it is: firmware that writes code into RAM keeps the price of the old one.
    """

    def __init__(self, core: CoreModel, tables: Tables, read_code: Callable[[int, int], bytes]) -> None:
        """`read_code(address, size)` returns the machine code there."""
        self._schedule = core.schedule
        self._predicts = core.mispredict_cycles > 0
        self._tables = tables
        self._read_code = read_code
        self._by_place: dict[tuple[int, int], Block] = {}
        self._by_row: dict[int, Block] = {}
        self._rest: dict[tuple[int, int], int] = {}

    @property
    def current(self) -> Block | None:
        """The block that runs now, None before the first one."""
        return self._by_row.get(int(self._tables.words[hook.CURRENT]))

    @property
    def blocks(self) -> list[Block]:
        """All blocks that are known."""
        return list(self._by_row.values())

    def learn_edge(self, address: int, size_bytes: int) -> int:
        """Return the row of a new edge from the current block to the one at `address`."""
        if self._tables.full:
            self.forget()
        before = self.current
        block = self._by_place.get((address, size_bytes)) or self._learn_block(address, size_bytes)
        tail = before.instructions[-_TAIL_INSTRUCTIONS:] if before else ()
        taken = before is not None and before.end != address
        breaks = frozenset([len(tail)]) if taken else _NO_BREAKS
        cost_cycles = self._schedule((*tail, *block.instructions), breaks) - self._schedule(tail, _NO_BREAKS)
        return self._tables.add_edge(address, block.row, cost_cycles, taken)

    def forget(self) -> None:
        """Know no block any more."""
        self._tables.forget()
        self._by_place.clear()
        self._by_row.clear()
        self._rest.clear()

    def cycles_after(self, block: Block, number: int) -> int:
        """Return how many cycles of a block come after its instruction `number`."""
        rest = self._rest.get((block.row, number))
        if rest is None:
            done = self._schedule(block.instructions[: number + 1], _NO_BREAKS)
            rest = self._rest[block.row, number] = self._schedule(block.instructions, _NO_BREAKS) - done
        return rest

    def _learn_block(self, address: int, size_bytes: int) -> Block:
        instructions = tuple(decode(self._read_code(address, size_bytes), address))
        accesses = find_accesses(instructions)
        row = self._tables.add_block(address, size_bytes, len(instructions))
        self._tables.set_accesses(row, accesses.entry, accesses.exit)
        if self._predicts:
            self._tables.set_predictor(row, *_predictor(instructions[-1]))
        block = Block(row, instructions, accesses.unknown)
        self._by_place[address, size_bytes] = self._by_row[row] = block
        return block


def _predictor(last: Instruction) -> tuple[int, int]:
    """Return the kind of predictor for the instruction that ends a block, and the predictor's first state."""
    if not last.ends_block:
        return hook.BRANCH_NONE, 0
    if last.kind is not Kind.BRANCH or last.name in ("bx", "blx"):
        return hook.BRANCH_INDIRECT, 0
    if last.conditional or last.name in ("cbz", "cbnz"):
        backward = last.immediate is not None and last.immediate <= last.address
        return hook.BRANCH_CONDITIONAL, 2 if backward else 1
    return hook.BRANCH_NONE, 0
