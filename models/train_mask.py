"""Train the mask detector and write models/mask-10x10-int8 and models/mask-10x10-float32.

Run `python models/train_mask.py` in an environment with models/requirements.txt; two CPU cores need a minute. The
same seed gives the same faces anywhere, and the same network on the same machine and versions.
"""

from __future__ import annotations

from pathlib import Path

import faces
import keras
import tensorflow as tf
from conversion import Counts, check_counts, to_float32, to_int8
from model_folder import Card, Held, write_folders

SEED = 10_10
EPOCHS = 30
BATCH = 128
TRAINING_FACES = 20_000
HELD_OUT_FACES = 400
COUNTS = Counts(parameters=730, macs=6_976, macc=8_080)
INT8_LIMIT_BYTES = 5 * 1024


def build_network() -> keras.Model:
    """Return the untrained network: two 3x3 convolutions with a 2x2 pool between them, one dense layer."""
    layers = keras.layers
    network = keras.Sequential(
        [
            keras.Input((faces.SIDE, faces.SIDE, 1)),
            layers.Conv2D(8, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(8, 3, activation="relu"),
            layers.Reshape((32,)),
            layers.Dense(2, activation="softmax"),
        ]
    )
    check_counts(network, COUNTS)
    return network


def main() -> None:
    keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()
    training, held = faces.draw(TRAINING_FACES, SEED), faces.draw(HELD_OUT_FACES, SEED + 1)
    network = build_network()
    rate = keras.optimizers.schedules.CosineDecay(3e-3, EPOCHS * (TRAINING_FACES // BATCH + 1))
    network.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    history = network.fit(training.images, training.labels, BATCH, EPOCHS, verbose=0)
    print(f"training loss: {history.history['loss'][-1]:.4f}")
    int8 = to_int8(network, training.images[:500])
    if len(int8) >= INT8_LIMIT_BYTES:
        raise SystemExit(f"the int8 file has {len(int8)} bytes; it must stay under {INT8_LIMIT_BYTES}")
    write_folders(
        Path(__file__).parent / "mask-10x10",
        Card(
            description="Mask or no mask on a face of 10x10 grey levels, in under 5 KB",
            source="trained by models/train_mask.py on faces that the script draws (no photographs)",
            counts=COUNTS,
            metric="auc",
            threshold=0.97,
        ),
        {"float32": to_float32(network), "int8": int8},
        Held(held.images, held.labels),
    )


if __name__ == "__main__":
    main()
