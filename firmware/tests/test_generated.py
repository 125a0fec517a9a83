"""Real networks through the whole firmware on the PC: generated code, core and protocol, with the sanitizers on."""

from __future__ import annotations

import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
import wire_reference as wire
from core_boards import FIRMWARE, PtyBoard, run_tool, stream

MODELS = FIRMWARE.parent / "models"
VECTORS = 100


@pytest.fixture(scope="session")
def generated_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The PC as a board with both networks as generated C, AddressSanitizer and UBSan."""
    out = tmp_path_factory.mktemp("generated")
    models = (MODELS / "mnist-int8", MODELS / "mnist-float32")
    run_tool(sys.executable, "-m", "mcubench", "codegen", *models, "--out", out)
    options = ("ENGINE=generated", f"GENERATED_DIR={out}", f"OUT={out}", "SANITIZE=1")
    assert run_tool("make", "-s", "-C", FIRMWARE / "native", *options) == "", "no warning of any kind"
    return out / "board"


@pytest.mark.parametrize(
    ("model", "type_name", "tolerance"), [("mnist-int8", "<i1", 0.0), ("mnist-float32", "<f4", 1e-5)]
)
def test_results_are_the_golden_outputs(generated_program: Path, model: str, type_name: str, tolerance: float) -> None:
    vectors = np.load(MODELS / model / "vectors.npz")
    inputs, golden = (vectors[name][:VECTORS].reshape(VECTORS, -1) for name in ("inputs", "outputs"))
    with PtyBoard(generated_program) as board:
        assert board.next() is not None
        facts = wire.words(board.ask_final(f"model {model}"))
        assert (int(facts["input_bytes"]), int(facts["output_bytes"])) == (inputs[0].nbytes, golden[0].nbytes)
        items = stream(board, inputs.astype(type_name).tobytes(), VECTORS, golden[0].nbytes)
        assert wire.words(board.ask_final("run 2"))["stable"] == "1"
    assert [item.index for item in items] == list(range(VECTORS))
    assert [item.input_crc for item in items] == [zlib.crc32(row.tobytes()) for row in inputs.astype(type_name)]
    outputs = np.stack([np.frombuffer(item.output, type_name) for item in items])
    assert np.abs(outputs.astype(np.float64) - golden).max() <= tolerance


def test_a_pc_has_one_clock_and_no_flash(generated_program: Path) -> None:
    with PtyBoard(generated_program) as board:
        assert board.next() is not None
        assert [answer.text for answer in board.ask("clocks")] == [
            "clock name=host hz=1000000000 overclock=0 sleep=1 source=monotonic",
            "option name=sleep",
            "ok count=1 selected=host",
        ]
        assert not any("flash" in key for answer in board.ask("info") for key in wire.words(answer))
        assert not any("flash" in key for answer in board.ask("models") for key in wire.words(answer))


def test_layers_are_those_of_the_network(generated_program: Path) -> None:
    with PtyBoard(generated_program) as board:
        assert board.next() is not None
        count = wire.words(board.ask_final("model mnist-int8"))["layers"]
        *layers, final = board.ask("layers")
    assert wire.words(final)["layers"] == count == str(len(layers))
    assert [wire.words(layer)["op"] for layer in layers][:2] == ["CONV_2D", "MAX_POOL_2D"]
