"""Moving elements from one tensor to another as nested loops, with as few loops as possible."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

__all__ = ["Loop", "Move", "row_strides"]


@dataclass(frozen=True)
class Loop:
    """One loop: how often it runs, and how far it steps in the input and in the output, in elements."""

    count: int
    input_step: int
    output_step: int


@dataclass(frozen=True)
class Move:
    """Loops, the outermost first, from the elements at two offsets on."""

    loops: tuple[Loop, ...]
    input_offset: int = 0
    output_offset: int = 0

    @classmethod
    def over(
        cls,
        shape: Sequence[int],
        input_steps: Sequence[int],
        output_steps: Sequence[int],
        input_offset: int = 0,
        output_offset: int = 0,
    ) -> Move:
        """Return the move of a block of that shape."""
        loops = tuple(map(Loop, shape, input_steps, output_steps))
        return cls(loops, input_offset, output_offset)

    def merged(self) -> Move:
        """Return the same move in as few loops as possible, which is none for one element."""
        loops: list[Loop] = []
        for loop in self.loops:
            if loop.count == 1:
                continue
            outer = loops[-1] if loops else None
            if outer is not None and (outer.input_step, outer.output_step) == (
                loop.count * loop.input_step,
                loop.count * loop.output_step,
            ):
                loops[-1] = replace(loop, count=outer.count * loop.count)
            else:
                loops.append(loop)
        return replace(self, loops=tuple(loops))

    @property
    def elements(self) -> int:
        return math.prod(loop.count for loop in self.loops)

    @property
    def copies_from_the_start(self) -> bool:
        """True if both ends are runs of elements from the first on: nothing to do if they have the same address."""
        return (self.input_offset, self.output_offset) == (0, 0) and self.merged().loops in (
            (),
            (Loop(self.elements, 1, 1),),
        )


def row_strides(shape: Sequence[int]) -> tuple[int, ...]:
    """Return the distance between neighbours along each dimension of a tensor, in elements."""
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))
