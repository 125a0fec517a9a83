"""Conv1D as TensorFlow's converter writes it: CONV_2D over an image of one row, with changes of shape around it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from engine_runner import NativeEngine, write_models
from network_chain import Chain
from reference import check_outputs, random_inputs, run_reference

VIEWS = {"EXPAND_DIMS", "SQUEEZE", "RESHAPE"}


def _network(kind: str, before: str, after: str) -> bytes:
    """Return two Conv1D layers and a dense one over 26 steps of 3 channels."""
    chain = Chain(np.random.default_rng(4), (1, 26, 3), kind, zero_point=0 if kind == "float32" else 5)
    for channels in (16, 8):
        _view(chain, before, (1, 1, *chain.shape[1:]))
        chain.conv(channels, (1, 3), activation="RELU")
        _view(chain, after, (1, *chain.shape[2:]))
    return chain.flatten().dense(3).build()


def _view(chain: Chain, name: str, shape: tuple[int, ...]) -> None:
    if name == "RESHAPE":
        chain.reshape(shape)
        return
    axis = chain.model.tensor((1,), np.int32, data=np.array([1], np.int32))
    inputs = [chain.last, axis] if name == "EXPAND_DIMS" else [chain.last]
    chain._append(name, inputs, shape, {} if name == "EXPAND_DIMS" else {"SqueezeDims": [1]}, same_scale=True)


@pytest.mark.parametrize("kind", ["int8", "float32"])
@pytest.mark.parametrize(("before", "after"), [("EXPAND_DIMS", "SQUEEZE"), ("RESHAPE", "RESHAPE")])
def test_a_conv1d_network_runs_without_copies(tmp_path: Path, kind: str, before: str, after: str) -> None:
    model = _network(kind, before, after)
    (program,) = write_models({"conv1d": model}, tmp_path)
    assert [layer.op for layer in program.layers if layer.op in VIEWS] == [before, after] * 2 + ["RESHAPE"]
    assert not any(program.runs(layer) for layer in program.layers if layer.op in VIEWS)
    # The second convolution needs most: its input, its output, and no third buffer for what only has another shape.
    largest = (24 * 16 + 22 * 8) * (1 if kind == "int8" else 4)
    assert program.arena_bytes == -(-(largest + program.layers[4].scratch_bytes) // 8) * 8
    inputs = random_inputs(model, 3, seed=1)
    expected = run_reference(model, inputs)
    for dsp in (False, True):
        (seen,) = NativeEngine.build([program], tmp_path, dsp=dsp).run([(0, inputs)])
        check_outputs(seen, expected)


def _residual(kind: str) -> bytes:
    """Return a Conv1D layer whose input is added to its output: another operator reads what has another shape."""
    chain = Chain(np.random.default_rng(4), (1, 20, 6), kind, zero_point=0 if kind == "float32" else 5)
    first = chain.last
    _view(chain, "EXPAND_DIMS", (1, 1, 20, 6))
    chain.conv(6, (1, 3), padding="SAME")
    _view(chain, "SQUEEZE", (1, 20, 6))
    chain._append("ADD", [chain.last, first], (1, 20, 6), {})
    return chain.build()


def _row_added(kind: str) -> bytes:
    """Return the sum of a tensor and its first row, which lies at the same address: a sum in place would spoil it."""
    chain = Chain(np.random.default_rng(4), (5, 6), kind, zero_point=0 if kind == "float32" else 5)
    first = chain.last
    numbers = [chain.model.tensor((2,), np.int32, data=np.array(values, np.int32)) for values in ((0, 0), (1, 6))]
    chain._append("SLICE", [first, *numbers], (1, 6), {}, same_scale=True)
    chain._append("ADD", [first, chain.last], (5, 6), {})
    return chain.build()


@pytest.mark.parametrize("kind", ["int8", "float32"])
@pytest.mark.parametrize("network", [_residual, _row_added])
def test_a_tensor_and_its_other_shape_are_both_read(tmp_path: Path, kind: str, network: Callable[[str], bytes]) -> None:
    model = network(kind)
    (program,) = write_models({"both": model}, tmp_path)
    assert not any(program.runs(layer) for layer in program.layers if not layer.calls)
    inputs = random_inputs(model, 3, seed=1)
    (seen,) = NativeEngine.build([program], tmp_path, dsp=False).run([(0, inputs)])
    check_outputs(seen, run_reference(model, inputs))
