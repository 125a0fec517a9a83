"""Both engines behind the whole board, asked by the real client over the board's pty."""

from __future__ import annotations

import re
import zlib
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

import pytest
from served import Served

from mcubench.errors import BoardError
from mcubench.link import FaultyCable, Link, parse_line_fault
from mcubench.models import Model, compare_outputs, load_model, read_vectors
from mcubench.protocol import Board, VectorStream

MODELS = ("mnist-int8", "mnist-float32")


def stream(board: Board, model: Model, count: int) -> tuple[list[bytes], VectorStream]:
    """Return the outputs of the first `count` vectors, and the stream that brought them."""
    selected = board.select(model.name)
    outputs = [b""] * count
    moved = VectorStream(board, selected, read_vectors(model).first(count).payload())
    for result in moved:
        assert result.status == 0
        assert result.cycles > 0
        outputs[result.index] = result.output
    return outputs, moved


def test_info_says_what_runs_where(board: Board, engine: str) -> None:
    info = board.info()
    package = {"tflm": "tflite-micro", "litert": "ai-edge-litert"}[engine]
    assert (info.board, info.engine, info.engine_version) == ("python", engine, version(package))
    assert info.kernels == "reference"
    assert info.counts_time
    assert info.timing == "measured"
    assert re.fullmatch(r"cpython-3\.\d+\.\d+", info.toolchain)
    assert re.fullmatch(r"cp\d+-cp\d+-\w+", info.flags)
    assert re.fullmatch("[0-9a-f]{16}", info.build_id)
    assert {info.flash_image_bytes, info.flash_engine_bytes, info.ram_static_bytes, info.stack_bytes} == {None}


def test_the_processor_is_called_as_the_native_board_calls_it(tflm_board: Board, echo_board: Board) -> None:
    assert tflm_board.info().core == echo_board.info().core


def test_models_are_those_of_their_folders(board: Board, models_folder: Path) -> None:
    for embedded in board.models():
        model = load_model(embedded.name, models_folder)
        assert embedded.sha256 == model.sha256
        assert (embedded.input_bytes, embedded.input_type) == (model.input.byte_count, model.input.type)
        assert (embedded.output_bytes, embedded.output_type) == (model.output.byte_count, model.output.type)
        assert embedded.layers == 9
        assert embedded.flash_bytes is None


@pytest.mark.parametrize("name", MODELS)
def test_every_output_is_the_golden_one(board: Board, models_folder: Path, name: str) -> None:
    model = load_model(name, models_folder)
    vectors = read_vectors(model)
    outputs, _ = stream(board, model, len(vectors))
    assert len(outputs) == 360
    comparison = compare_outputs(outputs, vectors.outputs, model.output)
    assert comparison.within(model.tolerance), comparison.summary
    run = board.run(9)
    assert (run.model, len(run.cycles), run.stable) == (name, 9, True)
    assert run.input_crc32 == zlib.crc32(vectors.inputs[-1].tobytes())
    assert run.output_crc32 == zlib.crc32(outputs[-1])
    cold = board.run(2, cold=True)
    assert cold.cold
    assert cold.output_crc32 == run.output_crc32


def test_a_line_that_flips_and_drops_bytes_changes_no_output(board: Board, models_folder: Path) -> None:
    """The same line fault as on the virtual board: one byte in 3000 is lost, one in 3000 has a bit flipped."""
    model = load_model("mnist-int8", models_folder)
    port = board.port
    board.channel.link.close()
    cable = FaultyCable([parse_line_fault(f"flip:rate={1 / 24000}"), parse_line_fault(f"drop:rate={1 / 3000}")])
    with cable.open(port, lambda: Link(port)) as link:
        bad = Board(link)
        bad.connect()
        outputs, moved = stream(bad, model, 60)
        assert moved.traffic.retransmits > 0
    assert compare_outputs(outputs, read_vectors(model).outputs[:60], model.output).bit_exact


def test_reset_forgets_the_model(board: Board) -> None:
    board.select("mnist-int8")
    assert board.reset().boot_cause == "software"
    with pytest.raises(BoardError, match="no-model"):
        board.run(1)


def test_layers_are_refused(board: Board) -> None:
    board.select("mnist-int8")
    with pytest.raises(BoardError, match="refused") as refused:
        board.layers()
    assert refused.value.code == "refused"


def test_ticks_are_those_of_a_steady_clock(tflm_board: Board) -> None:
    (setting,) = tflm_board.clocks().settings
    assert tflm_board.set_clock(setting.name).hz == setting.hz
    ticks = [tflm_board.tick() for _ in range(5)]
    assert {tick.hz for tick in ticks} == {setting.hz}
    assert all(after.cycles != before.cycles for before, after in pairwise(ticks))


# ---- arenas ----


def test_tflm_says_what_it_uses_of_its_arena_and_runs_in_just_that(tflm_board: Board) -> None:
    used = tflm_board.select("mnist-int8").arena_bytes
    assert used is not None
    assert tflm_board.select("mnist-int8", arena_bytes=used).arena_bytes == used
    assert tflm_board.run(1).stable


# 1: TFLM itself crashes there, which must cost no more than the command.
@pytest.mark.parametrize("arena_bytes", [1, 400, 1000, 30000, 2**31, 2**32 - 1])
def test_an_arena_that_is_no_good_is_an_engine_error(tflm_board: Board, arena_bytes: int) -> None:
    tflm_board.select("mnist-int8")
    with pytest.raises(BoardError, match="error engine status=-1"):
        tflm_board.select("mnist-int8", arena_bytes=arena_bytes)
    with pytest.raises(BoardError, match="no-model"):
        tflm_board.run(1)
    assert tflm_board.select("mnist-int8").arena_bytes


def test_one_byte_less_than_it_uses_is_too_little(tflm_board: Board) -> None:
    used = tflm_board.select("mnist-float32").arena_bytes
    assert used is not None
    with pytest.raises(BoardError, match="error engine status=-1"):
        tflm_board.select("mnist-float32", arena_bytes=used - 1)


def test_litert_has_no_arena(served: Served) -> None:
    with served.connect("litert") as board:
        assert board.select("mnist-int8").arena_bytes is None
        with pytest.raises(BoardError, match="error engine status=-1"):
            board.select("mnist-int8", arena_bytes=1 << 20)
