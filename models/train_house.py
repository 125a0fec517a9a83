"""Train the 6,534-parameter house price network and write models/house-price-int8 and models/house-price-float32.

The sales are those of Debian's package r-cran-spdata (CC0). Without root, once and for all:

    apt-get download r-cran-spdata && dpkg-deb -x r-cran-spdata_*.deb spdata
    python models/train_house.py spdata/usr/lib/R/site-library/spData/data

in an environment with models/requirements.txt; two CPU cores need two minutes. The same seed gives the same network on
the same machine and versions.
"""

from __future__ import annotations

import sys
from pathlib import Path

import houses
import keras
import tensorflow as tf
from conversion import Counts, check_counts, to_float32, to_int8
from model_folder import Card, Held, write_folders

SEED = 6534
EPOCHS = 60
BATCH = 64
# The published layers are not known. With 12 features these three hidden layers are the only ones that give the
# published parameters and, with one operation per bias and per ReLU element (237), the published MACC.
HIDDEN = (176, 19, 42)
COUNTS = Counts(parameters=6_534, macs=6_296, macc=6_771)


def build_network() -> keras.Model:
    """Return the untrained network: three hidden layers, one linear output."""
    layers = keras.layers
    network = keras.Sequential(
        [
            keras.Input((len(houses.FEATURES),)),
            *(layers.Dense(units, activation="relu") for units in HIDDEN),
            layers.Dense(1),
        ]
    )
    check_counts(network, COUNTS)
    return network


def train(network: keras.Model, data: houses.Houses) -> None:
    """Fit to the training sales by their absolute error; the held-out sales are not touched."""
    rate = keras.optimizers.schedules.CosineDecay(2e-3, EPOCHS * (len(data.train_labels) // BATCH + 1))
    network.compile(keras.optimizers.AdamW(rate, weight_decay=1e-3), "mean_absolute_error")
    history = network.fit(data.train_features, data.train_labels, BATCH, EPOCHS, verbose=0)
    print(f"training error: {history.history['loss'][-1]:.4f}")


def main() -> None:
    keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()
    data = houses.load(*(Path(argument) for argument in sys.argv[1:]))
    network = build_network()
    train(network, data)
    write_folders(
        Path(__file__).parent / "house-price",
        Card(
            description="House prices from twelve features: a dense network of the published counts",
            source="trained by models/train_house.py on house sales of Lucas County, Ohio (CC0; Debian r-cran-spdata)",
            counts=COUNTS,
            metric="mae",
            threshold=0.25,
        ),
        {"float32": to_float32(network), "int8": to_int8(network, data.train_features[:1000])},
        Held(data.test_features, data.test_labels),
    )


if __name__ == "__main__":
    main()
