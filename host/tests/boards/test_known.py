"""What messages and `mcubench boards` say can be built has a PlatformIO environment."""

from __future__ import annotations

import configparser
import json
from pathlib import Path

import pytest

from mcubench.boards import KNOWN_BOARDS, KnownBoard, known_board, parse_board

PLATFORMIO = Path(__file__).resolve().parents[3] / "platformio.ini"
FLASHED = [board for board in KNOWN_BOARDS if board.name not in ("native", "python")]


@pytest.mark.parametrize("board", FLASHED, ids=lambda board: board.name)
def test_every_engine_of_a_board_has_an_environment(board: KnownBoard) -> None:
    config = configparser.ConfigParser(interpolation=None)
    config.read(PLATFORMIO)
    names = [board.environment(engine) for engine in board.engines]
    names += [f"{name}-local" for name in names if board.virtual]
    assert [name for name in names if f"env:{name}" not in config] == []


@pytest.mark.parametrize("board", FLASHED, ids=lambda board: board.name)
def test_room_is_what_the_build_gives(board: KnownBoard) -> None:
    config = configparser.ConfigParser(interpolation=None)
    config.read(PLATFORMIO)
    assert board.arena_bytes == config.getint(f"env:{board.environment('generated')}", "custom_arena_bytes")
    if board.virtual:
        name = config[f"env:{board.environment('generated')}"]["board"]
        manifest = PLATFORMIO.parent / "firmware" / "platform-local" / "boards" / f"{name}.json"
        assert board.flash_bytes == json.loads(manifest.read_text())["upload"]["maximum_size"]


@pytest.mark.parametrize("engine", ["tflm", "litert"])
def test_every_engine_of_a_python_board_can_be_named(engine: str) -> None:
    board = known_board("python")
    assert board is not None
    assert engine in board.engines
    assert parse_board(f"python:{engine}").engine == engine
