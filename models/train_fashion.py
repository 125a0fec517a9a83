"""Train the 412,778-parameter clothing CNN and write models/fashion-cnn-int8 and models/fashion-cnn-float32.

The images are those of Debian's package dataset-fashion-mnist (MIT licence). Without root, once and for all:

    apt-get download dataset-fashion-mnist && dpkg-deb -x dataset-fashion-mnist_*.deb fashion
    python models/train_fashion.py fashion/usr/share/datasets/fashion-mnist

in an environment with models/requirements.txt; two CPU cores need ten minutes. The same seed gives the same
network on the same machine and versions.
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from conversion import Counts, check_counts, to_float32, to_int8
from model_folder import Card, Held, write_folders
from numpy.typing import NDArray

SEED = 412778
EPOCHS = 16
BATCH = 128
COUNTS = Counts(parameters=412_778, macs=2_210_304, macc=2_323_968)
SIDE = 28
HELD_OUT_PER_CLASS = 30
PACKAGED = "/usr/share/datasets/fashion-mnist"  # where the Debian package puts the images
HEADER_BYTES = {"images": 16, "labels": 8}  # of the IDX format: magic number and sizes


def build_network() -> keras.Model:
    """Return the untrained CNN: two 2x2 convolutions, two 2x2 pools, two dense layers."""
    layers = keras.layers
    network = keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 1)),
            layers.Conv2D(64, 2, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Dropout(0.2),
            layers.Conv2D(32, 2, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Dropout(0.2),
            layers.Reshape((1568,)),
            layers.Dense(256, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )
    check_counts(network, COUNTS)
    return network


def read_part(folder: Path, part: str) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return images (n, 28, 28, 1), 0.0 to 1.0, and labels (n,) of the part "train" or "t10k"."""
    pixels = read_idx(folder / f"{part}-images-idx3-ubyte.gz", "images").reshape(-1, SIDE, SIDE, 1)
    labels = read_idx(folder / f"{part}-labels-idx1-ubyte.gz", "labels").astype(np.int64)
    return pixels.astype(np.float32) / np.float32(255.0), labels


def read_idx(path: Path, kind: str) -> NDArray[np.uint8]:
    """Return the bytes behind the header of a packed IDX file."""
    if not path.exists():
        raise SystemExit(f"{path} is missing; this script's first lines say how to get it")
    return np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8)[HEADER_BYTES[kind] :]


def train(network: keras.Model, images: NDArray[np.float32], labels: NDArray[np.int64]) -> None:
    """Fit to the 60,000 training images; the test part is not touched."""
    rate = keras.optimizers.schedules.CosineDecay(1.5e-3, EPOCHS * (len(labels) // BATCH + 1))
    network.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    history = network.fit(images, labels, BATCH, EPOCHS, verbose=0)
    print(f"training loss: {history.history['loss'][-1]:.4f}")


def choose(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places of the held-out images in the test part: as many of every class, in the part's order."""
    rng = np.random.default_rng(SEED)
    places = [rng.choice(np.flatnonzero(labels == label), HELD_OUT_PER_CLASS, replace=False) for label in range(10)]
    return np.sort(np.concatenate(places))


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else PACKAGED)
    keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()
    images, labels = read_part(folder, "train")
    test_images, test_labels = read_part(folder, "t10k")
    network = build_network()
    train(network, images, labels)
    chosen = choose(test_labels)
    write_folders(
        Path(__file__).parent / "fashion-cnn",
        Card(
            description="Clothing, 28x28 grey levels to 10 classes: the CNN of the published fashion figures",
            source="trained by models/train_fashion.py on Fashion-MNIST (Zalando, MIT licence)",
            counts=COUNTS,
            metric="top1",
            threshold=0.88,
        ),
        {"float32": to_float32(network), "int8": to_int8(network, images[:500])},
        Held(test_images[chosen], test_labels[chosen]),
        everything=Held(test_images, test_labels),
    )


if __name__ == "__main__":
    main()
