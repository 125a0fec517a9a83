"""House sales of Lucas County, Ohio, from Debian's r-cran-spdata, as twelve features and a price.

R keeps a package's data in Rdata.rdb, compressed objects one after the other, and their places in Rdata.rdx.
"""

from __future__ import annotations

import gzip
import warnings
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rdata
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

__all__ = ["FEATURES", "UNIT_DOLLARS", "Houses", "load"]

PACKAGED = Path("/usr/lib/R/site-library/spData/data")  # where the Debian package puts it
UNIT_DOLLARS = 65_000.0  # about the median: labels are ln(price / this)
HELD_OUT = 1000
SPLIT_SEED = 25357
LIMIT = 4.0  # normalised features beyond are clipped, so that a few mansions do not take int8's resolution
STOREYS = {"one": 1.0, "bilevel": 1.5, "multilvl": 1.5, "one+half": 1.5, "two": 2.0, "two+half": 2.5, "three": 3.0}
# Name and unit, centre, spread: a feature is (value - centre) / spread.
FEATURES = (
    ("age at sale in years", 50.0, 28.0),
    ("storeys", 1.4, 0.45),
    ("ln(living area in square feet)", 7.2, 0.38),
    ("bedrooms", 3.0, 0.7),
    ("bathrooms, half ones as 0.5", 1.4, 0.6),
    ("rooms", 6.1, 1.3),
    ("garage in square feet", 370.0, 210.0),
    ("frontage in feet", 64.0, 44.0),
    ("ln(lot in square feet)", 8.95, 0.85),
    ("sale in years after 1996-01-01", 0.1, 1.65),
    ("easting in km, Ohio North (EPSG 2834)", 511.0, 8.5),
    ("northing in km", 221.0, 6.0),
)


@dataclass(frozen=True)
class Houses:
    """Features float32 (n, 12), normalised; labels float32 (n, 1), ln(price / 65,000 dollars)."""

    train_features: NDArray[np.float32]
    train_labels: NDArray[np.float32]
    test_features: NDArray[np.float32]
    test_labels: NDArray[np.float32]


def load(folder: Path = PACKAGED) -> Houses:
    """Return the 25,357 sales, split by a fixed seed."""
    homes = read_lazy_data(folder, "house")
    values = np.column_stack(_raw_features(homes.data, np.asarray(homes.coords)))
    centres, spreads = (np.array([feature[column] for feature in FEATURES]) for column in (1, 2))
    features = np.clip((values - centres) / spreads, -LIMIT, LIMIT).astype(np.float32)
    labels = np.log(homes.data["price"].to_numpy(float) / UNIT_DOLLARS).astype(np.float32)[:, np.newaxis]
    train, test, train_labels, test_labels = train_test_split(
        features, labels, test_size=HELD_OUT, random_state=SPLIT_SEED
    )
    return Houses(train, train_labels, test, test_labels)


def read_lazy_data(folder: Path, name: str) -> Any:
    """Return one object of an R package's data."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # rdata tells of R classes that it keeps as plain namespaces
        index = rdata.conversion.convert(rdata.parser.parse_data(gzip.decompress((folder / "Rdata.rdx").read_bytes())))
        start, size = (int(value) for value in index["variables"][name])
        block = (folder / "Rdata.rdb").read_bytes()[start : start + size]
        # Four bytes of unpacked size, then zlib.
        return rdata.conversion.convert(rdata.parser.parse_data(zlib.decompress(block[4:])))


def _raw_features(table: Any, coordinates: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Return the columns of FEATURES in their units."""

    def column(name: str) -> NDArray[np.float64]:
        values: NDArray[np.float64] = table[name].to_numpy(float)
        return values

    date = column("sdate")  # 960423 is 1996-04-23
    sold = 1900.0 + date // 10_000 + (date // 100 % 100 - 1.0) / 12.0 + (date % 100 - 1.0) / 365.0
    return [
        sold - column("yrbuilt"),
        table["stories"].map(STOREYS).to_numpy(float),
        np.log(column("TLA")),
        column("beds"),
        column("baths") + 0.5 * column("halfbaths"),
        column("rooms"),
        column("garagesqft"),
        column("frontage"),
        np.log(column("lotsize")),
        sold - 1996.0,
        coordinates[:, 0] / 1000.0,
        coordinates[:, 1] / 1000.0,
    ]
