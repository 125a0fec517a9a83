"""What a record exceeds of the budget that the model's own folder has for a board."""

from __future__ import annotations

from mcubench.models import Budget
from mcubench.store import Record

__all__ = ["exceeded"]


def exceeded(budget: Budget, record: Record) -> list[str]:
    """Return a line for each limit of the budget that a record is beyond.

    What the board does not tell exceeds nothing. Kernels count only if no other model in the image may need them.
    """
    alone = record.flash_other_models_bytes == 0
    found = {
        "latency_us": record.latency_us_median,
        "flash_bytes": _sum(record.flash_model_bytes, record.flash_engine_bytes if alone else 0),
        "ram_bytes": _sum(record.arena_bytes, record.stack_bytes),
        "arena_bytes": record.arena_bytes,
    }
    limits = {name: getattr(budget, name) for name in found}
    return [
        f"{record.point_id}: {name} is {value:,.0f}, the budget is {limits[name]:,.0f}"
        for name, value in found.items()
        if value is not None and limits[name] is not None and value > limits[name]
    ]


def _sum(*parts: int | None) -> int | None:
    return None if None in parts else sum(part or 0 for part in parts)
