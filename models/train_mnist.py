"""Train the 93,322-parameter digit CNN and write models/mnist-int8 and models/mnist-float32.

Run `python models/train_mnist.py` in an environment with models/requirements.txt; two CPU cores need a minute.
The same seed gives the same network on the same machine and versions; another processor may differ in the last bits, so
the committed files, not a new run, are what published figures belong to. (They were converted under longer tensor
names, so a new run's files have the same weights and outputs and are 96 bytes shorter.)
"""

from __future__ import annotations

from pathlib import Path

import digits
import keras
import numpy as np
import tensorflow as tf
from conversion import Counts, check_counts, to_float32, to_int8
from model_folder import Card, Held, write_folders
from numpy.typing import NDArray

SEED = 93322
EPOCHS = 40
BATCH = 64
COUNTS = Counts(parameters=93_322, macs=2_794_240, macc=2_852_598)  # the MACC as published: without dense biases


def build_network() -> keras.Model:
    """Return the untrained CNN: three 3x3 convolutions, two 2x2 pools, two dense layers."""
    layers = keras.layers
    network = keras.Sequential(
        [
            keras.Input((digits.SIDE, digits.SIDE, 1)),
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
    check_counts(network, COUNTS, dense_biases=False)
    return network


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


def main() -> None:
    keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()
    data = digits.load()
    network = build_network()
    train(network, data)
    write_folders(
        Path(__file__).parent / "mnist",
        Card(
            description="Handwritten digits, 28x28 grey levels to 10 classes: "
            "the CNN of the published STM32F746 figures",
            source="trained by models/train_mnist.py on the UCI optical digits (CC BY 4.0, doi:10.24432/C50P49)",
            counts=COUNTS,
            metric="top1",
            threshold=0.95,
            dense_biases=False,
        ),
        {"float32": to_float32(network), "int8": to_int8(network, as_input(data.train_pixels[:500]))},
        Held(as_input(data.test_pixels), data.test_labels),
    )


if __name__ == "__main__":
    main()
