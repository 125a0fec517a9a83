"""Random networks against the reference kernels.

As a script: `PYTHONPATH=tools python host/tests/codegen/fuzz_networks.py --count 1000 --seed 1`.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from engine_runner import NativeEngine, write_models
from random_networks import random_network
from reference import check_outputs, run_reference

__all__ = ["check_networks"]

_VECTORS = 3
_BATCH = 50


def check_networks(seeds: Sequence[int], folder: Path) -> None:
    """Build the networks of these seeds into one image per kernel variant, and assert their outputs."""
    networks = [random_network(seed) for seed in seeds]
    programs = write_models({f"seed{network.seed}": network.data for network in networks}, folder)
    inputs = [network.inputs(_VECTORS) for network in networks]
    expected = [run_reference(network.data, rows) for network, rows in zip(networks, inputs, strict=True)]
    for dsp in (False, True):
        outputs = NativeEngine.build(programs, folder, dsp=dsp).run(enumerate(inputs))
        for program, seen, wanted in zip(programs, outputs, expected, strict=True):
            check_outputs(seen, wanted, f"{program.name}, dsp={dsp}")


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
