"""The whole ESP32 firmware over a pty, as a host meets it."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import wire_reference as wire
from core_boards import FIRMWARE, PtyBoard, stream

from mcubench.image_mark import ImageMark, read_mark

SEGMENTS_BYTES = 0x1400 + 0x20 + 0x3000 + 0x5000  # as conftest.py gives them to the linker
STACK_BYTES = 16384 - 16  # without what FreeRTOS watches


@pytest.fixture
def board(esp32_program: Path) -> Iterator[PtyBoard]:
    with PtyBoard(esp32_program) as board:
        assert board.next() is not None  # the boot line
        yield board
        assert board.running, "the board died, see its standard error"


def info(board: PtyBoard) -> dict[str, dict[str, str]]:
    return {line.kind: wire.words(line) for line in board.ask("info")}


def test_image_is_marked_with_the_board_and_the_build_that_info_says(board: PtyBoard, esp32_program: Path) -> None:
    assert read_mark(esp32_program) == ImageMark("esp32", info(board)["build"]["id"])


def test_info_says_what_is_known_and_leaves_out_the_rest(board: PtyBoard) -> None:
    lines = info(board)
    assert (lines["board"]["name"], lines["board"]["core"]) == ("esp32", "xtensa-lx6")
    assert (lines["board"]["uid"], lines["board"]["counts_time"]) == ("020000face01", "0")
    assert (lines["link"]["baud"], lines["link"]["overruns"]) == ("922190", "0")
    assert lines["memory"]["flash_image_bytes"] == str(SEGMENTS_BYTES)
    assert not {"flash_engine_bytes", "flash_harness_bytes", "ram_static_bytes"} & lines["memory"].keys()


def test_stack_high_water_mark_grows_with_what_is_called(board: PtyBoard) -> None:
    used = [int(info(board)["memory"]["stack_used_bytes"])]
    board.ask("model echo")
    board.ask("run 2")
    memory = info(board)["memory"]
    used.append(int(memory["stack_used_bytes"]))
    assert int(memory["stack_bytes"]) == STACK_BYTES
    assert 512 <= used[0] <= used[1] < STACK_BYTES


def test_clocks_change_and_are_read_back(board: PtyBoard) -> None:
    *settings, final = board.ask("clocks")
    assert [wire.words(line)["name"] for line in settings] == ["240", "160", "80"]
    assert wire.words(final)["selected"] == "240"
    for name in ("80", "240", "160"):
        state = wire.words(board.ask_final(f"clock {name}"))
        assert (state["name"], state["hz"]) == (name, name + "000000")
    assert board.ask_final("clock 120").kind == "error"


def test_vectors_arrive_while_the_core_is_masked(board: PtyBoard) -> None:
    """Larger ones than the ring, in a stream, so that most bytes come during an inference."""
    board.ask("model big")
    data = random.Random(3).randbytes(8 * 20000)
    items = stream(board, data, 8, 600)
    assert [item.input_crc for item in items] == [zlib.crc32(data[k : k + 20000]) for k in range(0, len(data), 20000)]
    assert all(item.status == 0 and item.cycles > 0 for item in items)
    assert info(board)["link"]["overruns"] == "0"


def test_reset_starts_anew_and_says_why(board: PtyBoard) -> None:
    assert info(board)["boot"] == {"count": "1", "cause": "power-on", "mark": "0", "watchdog_ms": "30000"}
    board.ask("clock 80")
    assert board.ask_final("reset").kind == "ok"
    boot = board.next()
    assert isinstance(boot, wire.Answer)
    assert boot.text == "boot board=esp32 protocol=2 count=2 cause=software"
    assert info(board)["boot"]["cause"] == "software"
    assert wire.words(board.ask_final("tick"))["hz"] == "240000000"


def test_host_sweeps_it(esp32_mnist: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mcubench", "sweep", "--board", f"native:{esp32_mnist}", "--clock", "all"]
    models = ["--model", "mnist-int8", "--models", str(FIRMWARE.parent / "models"), "--vectors", "40"]
    outputs = ["--json", "records.json", "--db", "records.db"]
    done = subprocess.run(
        [*command, *models, *outputs], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    records = json.loads((tmp_path / "records.json").read_text())
    assert [(record["board"], record["clock_hz"] // 1_000_000) for record in records] == [
        ("esp32", 240), ("esp32", 160), ("esp32", 80),
    ]  # fmt: skip
    for record in records:
        assert record["core"] == "xtensa-lx6"
        assert (record["bit_exact"], record["retransmits"]) == (True, 0)
        assert record["clock_verified_hz"] == pytest.approx(record["clock_hz"], rel=0.01)
        assert record["ram_static_bytes"] is None
        assert record["flash_engine_bytes"] is None
        assert 0 < record["stack_bytes"] < STACK_BYTES
