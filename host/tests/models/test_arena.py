"""arena.toml: what is recorded comes back, and only for what it was measured for."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from mcubench.errors import InputError
from mcubench.models import ARENA_FILE, ArenaRecord, read_arenas, record_arena, recorded_arena_bytes

RECORD = ArenaRecord(
    29744, "7f" * 32, "lib-1+a", "gcc-12.2.1", "0123456789abcdef", "stm32f746", "modelled", date(2026, 11, 21)
)


def test_records_of_several_engines_and_cores_live_side_by_side(tmp_path: Path) -> None:
    m4 = replace(RECORD, bytes=29700, board="nrf52840", kind="measured")
    generated = replace(RECORD, bytes=27040, engine_version="1")
    assert read_arenas(tmp_path) == {}
    record_arena(tmp_path, "tflm", "cortex-m7", replace(RECORD, bytes=1))
    record_arena(tmp_path, "tflm", "cortex-m4", m4)
    record_arena(tmp_path, "generated", "cortex-m7", generated)
    record_arena(tmp_path, "tflm", "cortex-m7", RECORD)
    assert read_arenas(tmp_path) == {
        ("tflm", "cortex-m7"): RECORD,
        ("tflm", "cortex-m4"): m4,
        ("generated", "cortex-m7"): generated,
    }
    table = tomllib.loads((tmp_path / ARENA_FILE).read_text())["tflm"]["cortex-m7"]
    assert (table["bytes"], table["kind"], table["date"]) == (29744, "modelled", date(2026, 11, 21))


def test_a_record_counts_only_for_its_model_and_version(tmp_path: Path) -> None:
    record_arena(tmp_path, "tflm", "cortex-m7", RECORD)
    key = (RECORD.model_sha256, "tflm", "lib-1+a", "cortex-m7")
    assert recorded_arena_bytes(tmp_path, *key) == 29744
    for i in range(len(key)):
        other = [*key[:i], "other", *key[i + 1 :]]
        assert recorded_arena_bytes(tmp_path, *other) is None


@pytest.mark.parametrize(
    "change",
    [
        ("bytes = 29744", "bytes = 0"),
        ("bytes = 29744", 'bytes = "x"'),
        ("bytes", "octets"),
        ("board", "rig"),
        ("[", "[["),
    ],
)
def test_a_damaged_file_is_said_in_a_line(tmp_path: Path, change: tuple[str, str]) -> None:
    record_arena(tmp_path, "tflm", "cortex-m7", RECORD)
    path = tmp_path / ARENA_FILE
    path.write_text(path.read_text().replace(*change, 1))
    with pytest.raises(InputError, match=re.escape(str(path))) as caught:
        read_arenas(tmp_path)
    assert "remove it" in str(caught.value)
    assert "\n" not in str(caught.value)
