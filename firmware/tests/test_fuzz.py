"""Short runs of the fuzzer; the long one is `make -C firmware/tests/fuzz fuzz RUNS=1000000`."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from core_boards import FIRMWARE, run_tool

FUZZ = FIRMWARE / "tests" / "fuzz"
RUNS = 3000


@pytest.mark.skipif(shutil.which("clang") is None, reason="clang is not installed (apt-get install clang)")
def test_libfuzzer_finds_nothing_in_a_short_run(tmp_path: Path) -> None:
    output = run_tool("make", "-s", "-C", FUZZ, "fuzz", f"OUT={tmp_path}", f"RUNS={RUNS}")
    assert re.search(rf"number_of_executed_units:\s*{RUNS}\b", output), output


def test_seeded_mutations_find_nothing(tmp_path: Path) -> None:
    output = run_tool("make", "-s", "-C", FUZZ, "replay", f"OUT={tmp_path}", f"RUNS={RUNS}")
    assert int(output.split()[-2]) > RUNS, output
