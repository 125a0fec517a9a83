"""Keras networks to TensorFlow Lite files, float32 and full int8, with exactly the counts that a card promises."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

__all__ = ["Counts", "check_counts", "to_float32", "to_int8"]

SOFTMAX_PER_CLASS = 15
CLIPPED = ("relu", "hard_tanh")  # what ST counts as one operation per element


@dataclass(frozen=True)
class Counts:
    """What one inference takes; `macc` is ST's count, whose dense biases count only where the card says so."""

    parameters: int
    macs: int
    macc: int


def check_counts(network: keras.Model, expected: Counts, dense_biases: bool = True) -> None:
    """Stop the script unless the network has exactly the expected counts."""
    found = Counts(
        parameters=network.count_params(),
        macs=sum(_macs(layer) for layer in network.layers),
        macc=sum(_macc(layer, dense_biases) for layer in network.layers),
    )
    if found != expected:
        raise SystemExit(f"expected {expected}, the network has {found}")


def to_float32(network: keras.Model) -> bytes:
    """Return the network as a float32 file of batch size 1."""
    return bytes(_converter(network).convert())


def to_int8(network: keras.Model, calibration: NDArray[np.float32]) -> bytes:
    """Return the network in int8 from input to output, convolutions per output channel, calibrated on these inputs."""

    def samples() -> Iterator[list[NDArray[np.float32]]]:
        yield from ([sample[np.newaxis]] for sample in calibration)

    converter = _converter(network)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = samples
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    # One scale per dense layer: TensorFlow Lite Micro of 2023 would use the first of several for all.
    converter._experimental_disable_per_channel_quantization_for_dense_layers = True
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return bytes(converter.convert())


def _converter(network: keras.Model) -> tf.lite.TFLiteConverter:
    """Return a converter with batch size 1 fixed; an open one would leave SHAPE and PACK in the file."""
    single = keras.models.clone_model(network, keras.Input(network.input_shape[1:], batch_size=1))
    single.set_weights(network.get_weights())
    return tf.lite.TFLiteConverter.from_keras_model(single)


def _macs(layer: keras.Layer) -> int:
    """Every weight of a layer, once per output position."""
    if not layer.weights:
        return 0
    positions = int(np.prod(layer.output.shape[1:-1]))  # of a dense layer: the empty product, 1
    return positions * int(np.prod(layer.weights[0].shape))


def _macc(layer: keras.Layer, dense_biases: bool) -> int:
    elements = int(np.prod(layer.output.shape[1:]))
    if isinstance(layer, keras.layers.MaxPooling2D):
        return elements * int(np.prod(layer.pool_size))
    if not layer.weights:
        return 0
    dense = isinstance(layer, keras.layers.Dense)
    count = _macs(layer) + (int(layer.bias.shape[0]) if dense_biases or not dense else 0)
    activation = layer.activation.__name__
    if activation == "softmax":
        return count + elements * SOFTMAX_PER_CLASS
    return count + (elements if activation in CLIPPED else 0)
