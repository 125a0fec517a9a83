"""Train the 12,075-parameter activity network and write models/har-int8 and models/har-float32.

The recordings are those that the package seglearn ships (BSD licence). Once and for all:

    pip download --no-deps seglearn==1.2.5
    python models/train_har.py seglearn-1.2.5-py3-none-any.whl

in an environment with models/requirements.txt; two CPU cores need a minute. The same seed gives the same network on the
same machine and versions.
"""

from __future__ import annotations

import sys
from pathlib import Path

import exercises
import keras
import numpy as np
import tensorflow as tf
from conversion import Counts, check_counts, to_float32, to_int8
from model_folder import Card, Held, write_folders
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

SEED = 12075
EPOCHS = 25
BATCH = 64
TURN = 0.1  # radians about each axis, standard deviation
COUNTS = Counts(parameters=12_075, macs=23_360, macc=24_120)


def build_network() -> keras.Model:
    """Return the untrained network: two convolutions over time, two dense layers."""
    layers = keras.layers
    network = keras.Sequential(
        [
            keras.Input((exercises.WINDOW, 3)),
            layers.Conv1D(16, 3, activation="relu"),
            layers.Conv1D(8, 3, activation="relu"),
            layers.Reshape((176,)),
            layers.Dropout(0.4),
            layers.Dense(64, activation="relu"),
            layers.Dropout(0.4),
            layers.Dense(3, activation="softmax"),
        ]
    )
    check_counts(network, COUNTS)
    return network


def train(network: keras.Model, data: exercises.Exercises) -> None:
    """Fit to seven people's windows, each epoch varied anew; the other three people's are not touched."""
    rng = np.random.default_rng(SEED)
    rate = keras.optimizers.schedules.CosineDecay(2e-3, EPOCHS * (len(data.train_labels) // BATCH + 1))
    network.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    for epoch in range(EPOCHS):
        history = network.fit(varied(data.train_windows, rng), data.train_labels, BATCH, verbose=0)
        print(f"epoch {epoch + 1}/{EPOCHS}: loss {history.history['loss'][0]:.4f}")


def varied(windows: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return every window turned by some degrees about any axis, as watches sit otherwise on other wrists."""
    turns = Rotation.from_rotvec(rng.normal(0.0, TURN, (len(windows), 3))).as_matrix()
    return (windows @ turns).astype(np.float32)


def main() -> None:
    keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()
    data = exercises.load(Path(sys.argv[1]))
    print(f"{len(data.train_labels)} training windows")
    network = build_network()
    train(network, data)
    write_folders(
        Path(__file__).parent / "har",
        Card(
            description="Three exercises from 26 samples of an accelerometer: the published activity network",
            source="trained by models/train_har.py on smartwatch recordings (seglearn 1.2.5, BSD licence)",
            counts=COUNTS,
            metric="top1",
            threshold=0.80,
        ),
        {"float32": to_float32(network), "int8": to_int8(network, data.train_windows[::5])},
        Held(data.test_windows, data.test_labels),
    )


if __name__ == "__main__":
    main()
