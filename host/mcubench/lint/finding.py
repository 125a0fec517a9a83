"""One thing that makes a network slower than it could be."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Finding"]


@dataclass(frozen=True)
class Finding:
    """`seen` is what is off, `advice` what to do, `speedup` how many times less time it then takes, None if not known.

    `basis` says where the speed-up is from: a point of the same run, or a figure of the same kind and its conditions.
    """

    rule: str
    seen: str
    advice: str
    speedup: float | None = None
    basis: str = ""
