"""`[budget.<board>]` in model.toml: the most that a model may take on a board. `fit` and the HIL suite check it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from mcubench.errors import InputError
from mcubench.models.model import MODEL_FILE

__all__ = ["Budget", "read_budgets"]


@dataclass(frozen=True, kw_only=True)
class Budget:
    """Limits of one model on one board; None where there is none.

    `latency_us` is the median of warm inferences at `clock`, or else at the board's main clock. `flash_bytes` are the
    model and the kernels it needs, `arena_bytes` its working memory, `ram_bytes` that and the stack.
    """

    latency_us: float | None = None
    flash_bytes: int | None = None
    ram_bytes: int | None = None
    arena_bytes: int | None = None
    clock: str | None = None


def read_budgets(folder: Path) -> dict[str, Budget]:
    """Return the budgets of a model folder by board; none if model.toml has no such table.

    Raises InputError if the file cannot be read, or for a key that is unknown or no number above zero.
    """
    path = folder / MODEL_FILE
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8")).get("budget", {})
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise InputError(f"{path}: cannot be read ({exc})") from exc
    if not isinstance(tables, dict):
        raise InputError(f"{path}: 'budget' must be tables by board, as in [budget.stm32f746]; found {tables!r}")
    return {board: _read(path, board, table) for board, table in tables.items()}


def _read(path: Path, board: str, table: Any) -> Budget:
    known = [field.name for field in fields(Budget)]
    if not isinstance(table, dict):
        raise InputError(f"{path}: 'budget.{board}' must be a table with {', '.join(known)}; found {table!r}")
    for key, value in table.items():
        if key not in known:
            raise InputError(f"{path}: [budget.{board}] has the unknown key '{key}'; there is {', '.join(known)}")
        if not _is_good(key, value):
            wanted = "the name of a clock setting" if key == "clock" else "a number above zero"
            raise InputError(f"{path}: [budget.{board}] needs '{key}' as {wanted}; found {value!r}")
    return Budget(**table)


def _is_good(key: str, value: Any) -> bool:
    if key == "clock":
        return isinstance(value, str) and bool(value)
    # A TOML boolean is an int to Python. Only a latency may have a fraction.
    kinds = (int, float) if key == "latency_us" else (int,)
    return isinstance(value, kinds) and not isinstance(value, bool) and value > 0
