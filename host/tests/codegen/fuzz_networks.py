"""Random networks against the reference kernels. As a script: `python fuzz_networks.py --count 1000 --seed 1`."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from engine_runner import NativeEngine, write_models
from random_models import random_network
from reference import check_outputs, random_inputs, run_reference

__all__ = ["check_networks"]

_VECTORS = 3
_BATCH = 50


def check_networks(seeds: Sequence[int], folder: Path) -> None:
    """Build the networks of these seeds into one image per kernel variant, and assert their outputs."""
    models = {f"seed{seed}": random_network(seed) for seed in seeds}
    write_models(models, folder)
    engines = [NativeEngine.build(folder, dsp=dsp) for dsp in (False, True)]
    for index, (name, model) in enumerate(models.items()):
        inputs = random_inputs(model, _VECTORS, seed=index)
        expected = run_reference(model, inputs)
        for engine in engines:
            try:
                check_outputs(engine.run(index, inputs.reshape(_VECTORS, -1).view(np.uint8)), expected)
            except AssertionError as exc:
                raise AssertionError(f"{name}: {exc}") from exc


def main() -> None:
    """Check `--count` networks from `--seed` on."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    end = arguments.seed + arguments.count
    for first in range(arguments.seed, end, _BATCH):
        with tempfile.TemporaryDirectory() as folder:
            check_networks(range(first, min(first + _BATCH, end)), Path(folder))
        print(f"seeds {first} to {min(first + _BATCH, end) - 1}: equal", flush=True)


if __name__ == "__main__":
    main()
