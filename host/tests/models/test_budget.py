"""Budgets of a model folder: what is read, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcubench.errors import InputError
from mcubench.models import Budget, read_budgets


def write(folder: Path, text: str) -> Path:
    (folder / "model.toml").write_text(f'name = "m"\n{text}')
    return folder


def test_every_board_has_its_own(tmp_path: Path) -> None:
    text = (
        "[budget.a]\nlatency_us = 99.5\nclock = '168'\n[budget.b-tflm]\nflash_bytes = 1\nram_bytes = 2\narena_bytes = 3"
    )
    assert read_budgets(write(tmp_path, text)) == {
        "a": Budget(latency_us=99.5, clock="168"),
        "b-tflm": Budget(flash_bytes=1, ram_bytes=2, arena_bytes=3),
    }


def test_a_model_may_have_none(tmp_path: Path) -> None:
    assert read_budgets(write(tmp_path, "")) == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[budget.a]\nlatency_ms = 1", "unknown key 'latency_ms'; there is latency_us"),
        ("[budget.a]\nflash_bytes = 0", "'flash_bytes' as a number above zero; found 0"),
        ("[budget.a]\nflash_bytes = 1.5", "found 1.5"),
        ("[budget.a]\narena_bytes = true", "found True"),
        ("[budget.a]\nlatency_us = nan", "found nan"),
        ("[budget.a]\nclock = 216", "the name of a clock setting; found 216"),
        ("[budget]\nlatency_us = 1", "'budget.latency_us' must be a table"),
        ("budget = 1", "must be tables by board"),
        ("[budget", "cannot be read"),
    ],
)
def test_what_is_no_budget_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InputError, match=r"model\.toml") as raised:
        read_budgets(write(tmp_path, text))
    assert words in str(raised.value)
