"""Files that are no good model: one line that says what is wrong, never a traceback, never a hang."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from network_chain import Chain
from random_networks import random_network
from tflite_builder import TfliteBuilder

from mcubench.codegen import compile_model
from mcubench.errors import InputError

GOOD = random_network(3).data


def _chain(shape: tuple[int, ...] = (1, 4, 4, 2), **options: Any) -> Chain:
    return Chain(np.random.default_rng(0), shape, **options)


def _compile(data: bytes) -> str:
    """Return the message of the InputError, which must be one line."""
    with pytest.raises(InputError) as caught:
        compile_model("bad", data)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("data", [b"", b"TFL3", bytes(100), b"\x7fELF" + bytes(100), b"x" * 3 + b"\n" * 400])
def test_a_file_that_is_no_model_is_refused(data: bytes) -> None:
    assert "expected a TensorFlow Lite model" in _compile(data)


@pytest.mark.parametrize("length", [16, 40, 200, len(GOOD) // 2, len(GOOD) - 40])
def test_a_truncated_model_is_refused(length: int) -> None:
    _compile(GOOD[:length])


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_damaged_bytes_are_refused_or_harmless(changes: list[tuple[int, int]]) -> None:
    data = bytearray(GOOD)
    for position, value in changes:
        data[position] = value
    _survives(bytes(data))


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(GOOD) // 4 - 1), st.sampled_from([0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFF]))
def test_damaged_words_are_refused_or_harmless(word: int, value: int) -> None:
    _survives(GOOD[: 4 * word] + value.to_bytes(4, "little") + GOOD[4 * word + 4 :])


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400))
def test_random_bytes_after_the_identifier_are_refused(data: bytes) -> None:
    _compile(bytes([16, 0, 0, 0]) + b"TFL3" + data)


def _survives(data: bytes) -> None:
    try:
        compile_model("damaged", data)
    except InputError as exc:
        assert "\n" not in str(exc)


@pytest.mark.parametrize(
    ("name", "other"), [("EXP", "the tflm engine has it"), ("LOCAL_RESPONSE_NORMALIZATION", "no engine here has it")]
)
def test_an_unsupported_operator_is_named_with_its_index_and_who_has_it(name: str, other: str) -> None:
    chain = _chain().pool()
    target = chain.model.tensor(chain.shape, np.int8, scale=0.1)
    chain.model.operator(name, [chain.last], [target])
    assert _compile(chain.model.build([chain.first], [target])) == (
        f"operator 1 ({name}) is not supported by the generated engine; {other}"
    )


def test_a_newer_version_of_an_operator_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    chain = _chain().softmax()
    monkeypatch.setattr("tflite_builder.VERSIONS", {"SOFTMAX": 99})
    assert "operator 0 (SOFTMAX) has version 99" in _compile(chain.build())


def _conv(kind: Any = np.int8, weights: Any = np.int8, bias: Any = np.int32, **options: Any) -> bytes:
    model = TfliteBuilder()
    x = model.tensor((1, 4, 4, 2), kind, scale=0.1)
    w = model.tensor((3, 2, 2, 2), weights, data=np.ones((3, 2, 2, 2), weights), scale=options.pop("scale", 0.1))
    b = model.tensor((3,), bias, data=np.ones(3, bias))
    y = model.tensor(options.pop("shape", (1, 3, 3, 3)), kind, scale=0.1)
    defaults = {"Padding": 1, "StrideH": 1, "StrideW": 1, "DilationHFactor": 1, "DilationWFactor": 1}
    model.operator("CONV_2D", [x, w, b], [y], **(defaults | options))
    return model.build([x], [y])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": np.uint8}, "goes from uint8 to uint8"),
        ({"weights": np.uint8}, "has uint8 weights"),
        ({"bias": np.float32}, "has a float32 bias"),
        ({"shape": (1, 3, 2, 3)}, "has an output of shape [1, 3, 2, 3], expected [1, 3, 3, 3]"),
        ({"shape": (2, 3, 3, 3)}, "expected [1, height, width, channels]"),
        ({"StrideH": 0}, "makes no sense"),
        ({"DilationWFactor": -1}, "makes no sense"),
        ({"Padding": 7}, "makes no sense"),
        ({"FusedActivationFunction": 4}, "has the fused activation TANH"),
        ({"scale": [0.1, 0.2]}, "has weights with 2 scales for 3 output channels"),
        ({"scale": float("nan")}, "not positive and finite"),
        ({"scale": 1e30}, "too large"),
    ],
)
def test_an_unusable_convolution_is_named(options: dict[str, Any], message: str) -> None:
    seen = _compile(_conv(**options))
    assert seen.startswith("operator 0 (CONV_2D) ")
    assert message in seen


def test_grouped_convolution_is_refused() -> None:
    model = TfliteBuilder()
    x = model.tensor((1, 4, 4, 4), np.int8, scale=0.1)
    w = model.tensor((4, 1, 1, 2), np.int8, data=np.ones((4, 1, 1, 2), np.int8), scale=0.1)
    y = model.tensor((1, 4, 4, 4), np.int8, scale=0.1)
    model.operator("CONV_2D", [x, w], [y], StrideH=1, StrideW=1, DilationHFactor=1, DilationWFactor=1)
    assert "grouped convolution" in _compile(model.build([x], [y]))


def test_sums_beyond_32_bits_are_refused() -> None:
    chain = _chain((1, 8)).dense(2)
    chain.model.tensors[2].data = np.array([2**31 - 1, 0], np.int32)
    assert "can exceed 32 bits" in _compile(chain.build())


def test_a_softmax_with_another_output_scale_is_refused() -> None:
    chain = _chain((1, 8)).softmax()
    chain.model.tensors[chain.last].scales = [0.01]
    assert "expected 1/256 and -128" in _compile(chain.build())


@pytest.mark.parametrize("grow", [Chain.pool, Chain.softmax, Chain.dequantize])
def test_a_scalar_input_is_refused(grow: Callable[[Chain], Chain]) -> None:
    chain = grow(_chain())
    chain.model.tensors[chain.first].shape = ()
    assert "has an input of shape []" in _compile(chain.build())


def test_a_softmax_over_too_many_values_is_refused() -> None:
    assert "is over 4096 values" in _compile(_chain((1, 4096)).softmax().build())


def test_several_inputs_are_refused() -> None:
    chain = _chain().pool()
    assert "one input and one output, saw 2 and 1" in _compile(
        chain.model.build([chain.first, chain.first], [chain.last])
    )


def test_tensor_indices_out_of_range_are_refused() -> None:
    chain = _chain().pool()
    assert "tensor 77" in _compile(chain.model.build([chain.first], [77]))
    chain.model.operators[0].inputs = [55]
    assert "uses tensor 55" in _compile(chain.build())


def test_an_output_that_nothing_writes_is_refused() -> None:
    chain = _chain().pool()
    stray = chain.model.tensor((1, 4), np.int8, scale=0.1)
    assert "output, tensor 2, is never written" in _compile(chain.model.build([chain.first], [stray]))


def test_weights_of_the_wrong_size_are_refused() -> None:
    chain = _chain((1, 8)).dense(2)
    chain.model.tensors[1].data = np.ones((2, 7), np.int8)
    assert "needs 16 bytes, its buffer has 14" in _compile(chain.build())
