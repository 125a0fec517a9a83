"""Two shapes that are combined element by element, the smaller repeated along the larger as TensorFlow Lite does it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from mcubench.codegen.layer import Field

__all__ = ["broadcast_fields", "broadcast_shape"]

Shape = Sequence[int]

# Dimensions that the kernels count through besides the innermost: reference kernels broadcast over six in all.
_OUTER = 5


def broadcast_shape(first: Shape, second: Shape) -> tuple[int, ...]:
    """Return the shape of the result; ValueError if the shapes do not fit."""
    sizes = []
    for a, b in zip_longest(reversed(first), reversed(second), fillvalue=1):
        if a != b and 1 not in (a, b):
            raise ValueError(f"shapes {list(first)} and {list(second)}, which do not fit")
        sizes.append(a * b if 1 in (a, b) else a)
    return tuple(reversed(sizes))


def broadcast_fields(first: Shape, second: Shape) -> dict[str, Field]:
    """Return `kernels_broadcast_t` for operands of these shapes; ValueError if they need too many dimensions.

    Neighbouring dimensions that are repeated alike become one, so that most pairs of shapes need one or two.
    """
    inner, *outer = _groups(first, second) or [(1, True, True)]
    if len(outer) > _OUTER:
        raise ValueError(f"shapes {list(first)} and {list(second)}, which take turns in more than {_OUTER + 1} groups")
    count, first_moves, second_moves = inner
    first_size, second_size = (count if moves else 1 for moves in (first_moves, second_moves))
    sizes, first_strides, second_strides = [], [], []
    for size, first_moves_too, second_moves_too in outer:
        sizes.append(size)
        first_strides.append(first_size if first_moves_too else 0)
        second_strides.append(second_size if second_moves_too else 0)
        first_size *= size if first_moves_too else 1
        second_size *= size if second_moves_too else 1
    rest = (0,) * (_OUTER - len(outer))
    return {
        "count": count,
        "first_step": int(first_moves),
        "second_step": int(second_moves),
        "sizes": (*sizes, *(1 for _ in rest)),
        "first_strides": (*first_strides, *rest),
        "second_strides": (*second_strides, *rest),
    }


def _groups(first: Shape, second: Shape) -> list[tuple[int, bool, bool]]:
    """Return (size, whether the first operand moves along it, the same of the second), the innermost first."""
    groups: list[tuple[int, bool, bool]] = []
    for a, b in zip_longest(reversed(first), reversed(second), fillvalue=1):
        size = max(a, b)
        if size == 1:
            continue
        if groups and groups[-1][1:] == (a > 1, b > 1):
            groups[-1] = (groups[-1][0] * size, a > 1, b > 1)
        else:
            groups.append((size, a > 1, b > 1))
    return groups
