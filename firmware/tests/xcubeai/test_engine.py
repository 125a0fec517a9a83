"""engine.c over the test double of ST's runtime, through the core and a pty, with the sanitizers on."""

from __future__ import annotations

import dataclasses
import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import wire_reference as wire
from core_boards import PtyBoard, stream
from double_networks import FLOAT32, INT8, Build, DoubleNetwork

ARENA, MODEL, INVOKE = "error engine status=-1", "error engine status=-3", "error engine status=-2"
DOUBLE_MAGIC_FAIL = 0xEE
INT8_ARENA_BYTES = 864  # 836 of activations, rounded up to 32
FLOAT32_ARENA_BYTES = 64 + 3136 + 64  # activations, input, output, each rounded up to 32
BOTH = pytest.mark.parametrize("network", [INT8, FLOAT32], ids=["edge-ai", "x-cube-ai-7"])


@pytest.fixture
def board(xcubeai_program: Path) -> Iterator[PtyBoard]:
    with PtyBoard(xcubeai_program) as started:
        assert started.next() is not None  # the boot line
        yield started
        assert started.running, "the board died, see its standard error"


def vectors(network: DoubleNetwork, count: int) -> list[bytes]:
    generator = np.random.default_rng(1)
    # Below 200, so that no vector begins with the byte that makes the double fail.
    return [generator.integers(0, 200, network.input_bytes, np.uint8).tobytes() for _ in range(count)]


def select(board: PtyBoard, network: DoubleNetwork) -> dict[str, str]:
    return wire.words(board.ask_final(f"model {network.folder}"))


def test_engine_says_which_runtime_it_is(board: PtyBoard) -> None:
    facts = [wire.words(answer) for answer in board.ask("info") if answer.kind == "engine"]
    assert facts == [{"name": "xcubeai", "version": "9.1.0", "kernels": "st"}]


@BOTH
def test_models_are_described_by_their_file_and_by_what_st_generated(board: PtyBoard, network: DoubleNetwork) -> None:
    facts = select(board, network)
    assert facts["sha256"] == hashlib.sha256(network.model.read_bytes()).hexdigest()
    assert (int(facts["input_bytes"]), int(facts["output_bytes"])) == (network.input_bytes, network.output_bytes)
    assert facts["layers"] == "3"
    assert int(facts["arena_bytes"]) == (INT8_ARENA_BYTES if network is INT8 else FLOAT32_ARENA_BYTES)


def test_results_are_those_of_the_network_that_is_open(board: PtyBoard) -> None:
    for network in (INT8, FLOAT32, INT8):  # the double refuses to create a network that was not destroyed
        select(board, network)
        inputs = vectors(network, 5)
        items = stream(board, b"".join(inputs), 5, network.output_bytes)
        assert [item.output for item in items] == [network.output(data) for data in inputs]


@BOTH
def test_run_counts_and_gives_the_same_output_every_time(board: PtyBoard, network: DoubleNetwork) -> None:
    select(board, network)
    (data,) = vectors(network, 1)
    stream(board, data, 1, network.output_bytes)
    *cycles, final = board.ask("run 10")
    counts = [int(value) for line in cycles for value in wire.words(line)["values"].split(",")]
    assert len(counts) == 10
    assert min(counts) > 0
    facts = wire.words(final)
    assert facts["stable"] == "1"
    assert int(facts["output_crc32"], 16) == zlib.crc32(network.output(data))


@BOTH
def test_layers_are_the_nodes_of_st_with_its_names_for_them(board: PtyBoard, network: DoubleNetwork) -> None:
    select(board, network)
    for _ in range(2):  # the observer is gone after each
        *layers, final = board.ask("layers")
        assert [wire.words(layer)["op"] for layer in layers] == ["CONV2D", "POOL", "SM"]
        assert wire.words(final)["layers"] == "3"


@pytest.mark.parametrize(
    ("network", "arena_bytes", "answer"),
    [
        (INT8, INT8_ARENA_BYTES, "ok"),
        (INT8, INT8_ARENA_BYTES - 1, ARENA),
        (INT8, FLOAT32_ARENA_BYTES, "ok"),
        (INT8, FLOAT32_ARENA_BYTES + 1, ARENA),
        (FLOAT32, FLOAT32_ARENA_BYTES, "ok"),
        (FLOAT32, FLOAT32_ARENA_BYTES - 1, ARENA),
    ],
)
def test_arena_must_hold_the_network_and_be_there(
    board: PtyBoard, network: DoubleNetwork, arena_bytes: int, answer: str
) -> None:
    assert board.ask_final(f"model {network.folder} arena={arena_bytes}").text.startswith(answer)
    assert select(board, network)["name"] == network.folder


def test_run_that_fails_is_an_error_and_the_next_one_is_not(board: PtyBoard) -> None:
    for first, answer in ((DOUBLE_MAGIC_FAIL, INVOKE), (1, "ok")):
        select(board, INT8)
        (item,) = stream(board, bytes([first]) + bytes(INT8.input_bytes - 1), 1, INT8.output_bytes)
        assert (item.status == 0) == (answer == "ok")
        assert board.ask_final("run 1").text.startswith(answer)


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ({"init_error": "AI_ERROR_ALLOCATION_FAILED, AI_ERROR_CODE_NETWORK"}, ARENA),
        ({"init_error": "AI_ERROR_INIT_FAILED, AI_ERROR_CODE_NETWORK_ACTIVATIONS"}, ARENA),
        ({"init_error": "AI_ERROR_INIT_FAILED, AI_ERROR_CODE_NETWORK_WEIGHTS"}, MODEL),
        ({"input_format": "AI_BUFFER_FORMAT_U8"}, MODEL),
        ({"output_format": "AI_BUFFER_FORMAT_S16"}, MODEL),
        ({"output_format": "AI_BUFFER_FORMAT_FLOAT"}, MODEL),
    ],
    ids=["allocation", "activations", "weights", "sign", "bits", "kind"],
)
def test_what_the_runtime_or_the_network_refuses_is_answered(
    build_board: Build, change: dict[str, str], answer: str
) -> None:
    with PtyBoard(build_board(dataclasses.replace(INT8, **change))) as board:
        assert board.next() is not None
        for _ in range(2):
            assert board.ask_final("model mnist-int8").text == answer
        assert board.ask_final("run 1").kind == "error"
        assert board.running
