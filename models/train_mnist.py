"""Train the 93,322-parameter digit CNN and write models/mnist-int8 and models/mnist-float32.

Run `python models/train_mnist.py` in an environment with models/requirements.txt; two CPU cores need a minute.
The same seed gives the same network on the same machine and versions; another processor may differ in the last bits, so
the committed files, not a new run, are what published figures belong to.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import digits
import keras
import numpy as np
import tensorflow as tf
from model_folder import Card, write_folder
from numpy.typing import NDArray

SEED = 93322
EPOCHS = 40
BATCH = 64
PARAMETERS = 93_322
MACS = 2_794_240
MACC = 2_852_598  # ST counts biases, ReLU elements, pooling and softmax too


def build_network(batch: int | None = None) -> keras.Model:
    """Return the untrained CNN: three 3x3 convolutions, two 2x2 pools, two dense layers; `batch` None is any."""
    layers = keras.layers
    network = keras.Sequential(
        [
            keras.Input((digits.SIDE, digits.SIDE, 1), batch_size=batch),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.Reshape((576,)),
            layers.Dense(64, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    counted = network.count_params(), count_macs(network)
    if counted != (PARAMETERS, MACS):
        raise SystemExit(f"expected {PARAMETERS} parameters and {MACS} MACs, got {counted[0]} and {counted[1]}")
    return network


def count_macs(network: keras.Model) -> int:
    """Return the multiply-accumulates of one inference: every weight of a layer, once per output position."""
    total = 0
    for layer in network.layers:
        if layer.weights:
            positions = int(np.prod(layer.output.shape[1:-1]))  # of a dense layer: the empty product, 1
            total += positions * int(np.prod(layer.weights[0].shape))
    return total


def train(network: keras.Model, data: digits.Digits) -> None:
    """Fit to the training images, each epoch varied anew; the held-out images are not touched."""
    rng = np.random.default_rng(SEED)
    steps = EPOCHS * (len(data.train_labels) // BATCH + 1)
    rate = keras.optimizers.schedules.CosineDecay(2e-3, steps)
    network.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    for epoch in range(EPOCHS):
        history = network.fit(as_input(digits.varied(data.train_pixels, rng)), data.train_labels, BATCH, verbose=0)
        print(f"epoch {epoch + 1}/{EPOCHS}: loss {history.history['loss'][0]:.4f}")


def as_input(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return pixels (n, 28, 28) as the network's input (n, 28, 28, 1), 0.0 to 1.0."""
    return (pixels.astype(np.float32) / np.float32(255.0))[..., np.newaxis]


def converter_for(network: keras.Model) -> tf.lite.TFLiteConverter:
    """Return a converter with batch size 1 fixed; an open one would leave SHAPE and PACK in the file."""
    single = build_network(batch=1)
    single.set_weights(network.get_weights())
    return tf.lite.TFLiteConverter.from_keras_model(single)


def convert_int8(network: keras.Model, data: digits.Digits) -> bytes:
    """Quantise to int8, convolutions per output channel, calibrated on training images."""

    def calibration() -> Iterator[list[NDArray[np.float32]]]:
        yield from ([image[np.newaxis]] for image in as_input(data.train_pixels[:500]))

    converter = converter_for(network)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = calibration
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    # One scale per dense layer: TensorFlow Lite Micro of 2023 would use the first of several for all.
    converter._experimental_disable_per_channel_quantization_for_dense_layers = True
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return bytes(converter.convert())


def main() -> None:
    keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()
    data = digits.load()
    network = build_network()
    train(network, data)
    models = Path(__file__).parent
    card = Card(
        description="Handwritten digits, 28x28 grey levels to 10 classes: the CNN of the published STM32F746 figures",
        source="trained by models/train_mnist.py on the UCI optical digits (CC BY 4.0, doi:10.24432/C50P49)",
        parameters=PARAMETERS,
        macs=MACS,
        macc=MACC,
        metric="top1",
        threshold=0.95,
    )
    images = as_input(data.test_pixels)
    write_folder(
        models / "mnist-float32", card, bytes(converter_for(network).convert()), images, data.test_labels, 1e-5
    )
    write_folder(models / "mnist-int8", card, convert_int8(network, data), images, data.test_labels, 0.0)


if __name__ == "__main__":
    main()
