"""Places the buffers of a model in one arena, so that buffers that are not alive at the same time share memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

__all__ = ["Buffer", "Placement", "plan_bytes", "plan_memory"]


@dataclass(frozen=True)
class Buffer:
    """Memory needed while operators `first` to `last` run, both included; size in bytes."""

    name: str
    size: int
    first: int
    last: int

    def meets(self, other: Buffer) -> bool:
        """True if there is an operator during which both are alive."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True)
class Placement:
    """A buffer and where it lies, in bytes from the start of the arena."""

    buffer: Buffer
    offset: int

    @property
    def end(self) -> int:
        return self.offset + self.buffer.size


# Buffers that begin at the same address: each is written over the one before it by an operator that works in place.
Chain = Sequence[Buffer]


def plan_memory(chains: Sequence[Chain], alignment: int = 8) -> list[Placement]:
    """Return a placement of every buffer, in the order given, offsets multiples of `alignment`.

    Buffers of one chain get the same offset and may overlap; all others overlap only if they are never alive together.
    Two greedy orders are tried, and the smaller arena wins: largest first, and those alive at the fullest operator
    first. Each chain goes to the lowest place that is free.
    """
    peak = _fullest_operator([buffer for chain in chains for buffer in chain])
    orders: tuple[Callable[[Chain], tuple[int, ...]], ...] = (
        lambda chain: (-_size(chain), chain[0].first),
        lambda chain: (not chain[0].first <= peak <= chain[-1].last, -_size(chain), chain[0].first),
    )
    plans = [_place_in_order(sorted(chains, key=order), alignment) for order in orders]
    best = {placement.buffer: placement for placement in min(plans, key=plan_bytes)}
    return [best[buffer] for chain in chains for buffer in chain]


def plan_bytes(placements: Iterable[Placement]) -> int:
    """Return the bytes from the start of the arena to the end of the last buffer."""
    return max((placement.end for placement in placements), default=0)


def _size(chain: Chain) -> int:
    return max(buffer.size for buffer in chain)


def _fullest_operator(buffers: Sequence[Buffer]) -> int:
    def alive_bytes(operator: int) -> int:
        return sum(buffer.size for buffer in buffers if buffer.first <= operator <= buffer.last)

    return max((buffer.first for buffer in buffers), key=alive_bytes, default=0)


def _place_in_order(chains: Iterable[Chain], alignment: int) -> list[Placement]:
    placed: list[Placement] = []
    for chain in chains:
        candidates = sorted({0, *(-(-placement.end // alignment) * alignment for placement in placed)})
        offset = next(offset for offset in candidates if _is_free(chain, offset, placed))
        placed += [Placement(buffer, offset) for buffer in chain]
    return placed


def _is_free(chain: Chain, offset: int, placed: Sequence[Placement]) -> bool:
    return not any(
        buffer.meets(other.buffer) and offset < other.end and other.offset < offset + buffer.size
        for buffer in chain
        for other in placed
    )
