"""Parameters, MACs and ST's count, against published figures and by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from network_chain import Chain
from tflite_builder import TfliteBuilder

from mcubench.codegen.graph import Graph
from mcubench.codegen.reader import read_graph
from mcubench.inspect import count_operators, total

MODELS = Path(__file__).parents[3] / "models"


def chain(shape: tuple[int, ...], kind: str = "float32") -> Chain:
    return Chain(np.random.default_rng(1), shape, kind)


@pytest.mark.parametrize("name", ["mnist-int8", "mnist-float32"])
def test_the_digit_network_has_the_published_counts(name: str) -> None:
    totals = total(count_operators(read_graph((MODELS / name / "model.tflite").read_bytes())))
    assert (totals.parameters, totals.macs, totals.macc) == (93_322, 2_794_240, 2_852_598)
    assert totals.macc_dense_biases == 2_852_598 + 64 + 10


@pytest.mark.parametrize("kind", ["int8", "float32"])
def test_the_accelerometer_network_has_the_published_counts(kind: str) -> None:
    """The layers and figures are in shared/reference/README.md: 12,075 parameters, 24,120 MACC."""
    network = chain((1, 26, 1, 3), kind).conv(16, (3, 1), activation="RELU").conv(8, (3, 1), activation="RELU")
    network.flatten().dense(64, activation="RELU").dense(3).softmax()
    totals = total(count_operators(read_graph(network.build())))
    assert (totals.parameters, totals.macc_dense_biases) == (12_075, 24_120)


def test_the_clothes_network_has_the_published_counts() -> None:
    """The layers and figures are in shared/reference/README.md: 412,778 parameters, 2,323,968 MACC."""
    network = chain((1, 28, 28, 1)).conv(64, (2, 2), padding="SAME", activation="RELU").pool(stride=(2, 2))
    network.conv(32, (2, 2), padding="SAME", activation="RELU").pool(stride=(2, 2))
    network.flatten().dense(256, activation="RELU").dense(10).softmax()
    totals = total(count_operators(read_graph(network.build())))
    assert (totals.parameters, totals.macc_dense_biases) == (412_778, 2_323_968)


def test_a_depthwise_convolution_counts_its_kernel_once_per_output() -> None:
    graph = read_graph(chain((1, 6, 5, 4)).conv(2, (3, 3), depthwise=True).build())
    (count,) = count_operators(graph)
    outputs = 4 * 3 * 8
    assert (count.parameters, count.macs, count.macc) == (9 * 8 + 8, outputs * 9, outputs * 9 + 8)


def test_a_dense_layer_over_rows_counts_each_row() -> None:
    graph = read_graph(chain((1, 5, 7)).dense(3).build())
    (count,) = count_operators(graph)
    assert (count.parameters, count.macs, count.macc, count.macc_dense_biases) == (24, 105, 105, 108)


def shared_constant() -> Graph:
    model = TfliteBuilder()
    x = model.tensor((1, 4), np.float32)
    weights = model.tensor((4, 4), np.float32, data=np.ones((4, 4), np.float32))
    y, z = model.tensor((1, 4), np.float32), model.tensor((1, 4), np.float32)
    model.operator("FULLY_CONNECTED", [x, weights], [y])
    model.operator("FULLY_CONNECTED", [y, weights], [z])
    return read_graph(model.build([x], [z]))


def test_weights_that_two_layers_share_are_parameters_once() -> None:
    counts = count_operators(shared_constant())
    assert [count.parameters for count in counts] == [16, 0]
    assert [count.macs for count in counts] == [16, 16]


def test_what_the_count_has_no_rule_for_is_unknown_and_not_zero() -> None:
    model = TfliteBuilder()
    x, y = model.tensor((1, 4), np.float32), model.tensor((1, 4), np.float32)
    model.operator("LOGISTIC", [x], [y])
    totals = total(count_operators(read_graph(model.build([x], [y]))))
    assert (totals.macs, totals.macc, totals.macc_dense_biases) == (0, None, None)


def test_a_shape_is_no_parameter() -> None:
    graph = read_graph(chain((1, 2, 2, 2)).flatten().build())
    assert total(count_operators(graph)).parameters == 0
