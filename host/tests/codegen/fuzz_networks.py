"""Builds random networks without end, and compares the generated engine with the reference kernels.

As a script: `PYTHONPATH=tools python host/tests/codegen/fuzz_networks.py --count 1000 --seed 1`. A network that differs
is made as small as it can be, printed, and left in build/fuzz/networks; the script then ends with 1. Networks that the
reference kernels abort on are counted, and left out.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from check_networks import ARM_CORES, NATIVE, Difference, find_differences, prepare, shrink
from oracle import Oracle, OracleError
from random_networks import random_network

from mcubench.errors import InputError

__all__ = ["Tally", "fuzz"]

_BATCH = 50
# Emulation is slow: every so many batches run on a Cortex-M too, on one after the other.
_ARM_EVERY = 4
_FOLDER = Path(__file__).parents[3] / "build" / "fuzz" / "networks"


@dataclass
class Tally:
    """What came of all networks so far; `skipped` counts reasons, `operators` what was compared."""

    networks: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    operators: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)

    @property
    def compared(self) -> int:
        return self.networks - self.skipped.total()


def fuzz(seeds: Sequence[int], engines: Sequence[str], oracle: Oracle, tally: Tally) -> None:
    """Compare the networks of these seeds on these engines, and add what came of it to the tally."""
    prepared = []
    for seed in seeds:
        network = random_network(seed)
        tally.networks += 1
        try:
            prepared.append(prepare(network, oracle))
        except OracleError as exc:
            tally.skipped[f"reference kernels: {exc}"] += 1
            continue
        except InputError as exc:
            tally.skipped[f"generated engine: {exc}"] += 1
            continue
        tally.operators.update(network.operators)
    tally.differences += [shrink(each, oracle) for each in find_differences(prepared, engines)]


def main() -> int:
    """Check `--count` networks from `--seed` on; 1 if any differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    tally = Tally()
    begin_s = time.monotonic()
    end = arguments.seed + arguments.count
    with Oracle() as oracle:
        for batch, first in enumerate(range(arguments.seed, end, _BATCH)):
            engines = [*NATIVE]
            if batch % _ARM_EVERY == 0:
                engines.append(ARM_CORES[batch // _ARM_EVERY % len(ARM_CORES)])
            seen = len(tally.differences)
            fuzz(range(first, min(first + _BATCH, end)), engines, oracle, tally)
            for difference in tally.differences[seen:]:
                _report(difference)
            rate = tally.networks / (time.monotonic() - begin_s)
            print(
                f"up to seed {min(first + _BATCH, end) - 1}: {tally.compared} networks compared, "
                f"{tally.skipped.total()} skipped, {len(tally.differences)} differ; {rate:.1f} networks/s",
                flush=True,
            )
    _summarize(tally)
    return 1 if tally.differences else 0


def _report(difference: Difference) -> None:
    network = difference.prepared.network
    _FOLDER.mkdir(parents=True, exist_ok=True)
    path = _FOLDER / f"seed{network.seed}.tflite"
    path.write_bytes(network.data)
    print(f"seed {network.seed} on {', '.join(difference.engines)}: {difference.what}")
    print(f"{network.chain}\n{path}", flush=True)


def _summarize(tally: Tally) -> None:
    for reason, count in tally.skipped.most_common():
        print(f"skipped {count}: {reason}")
    for name, count in sorted(tally.operators.items()):
        print(f"{name:32} {count:8}")


if __name__ == "__main__":
    sys.exit(main())
