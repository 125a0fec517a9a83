"""Random networks, so that operators meet in combinations that nobody thought of."""

from __future__ import annotations

from check_networks import NATIVE
from fuzz_networks import Tally, fuzz
from oracle import Oracle

COUNT = 100


def test_random_networks_give_the_outputs_of_the_reference_kernels() -> None:
    tally = Tally()
    with Oracle() as oracle:
        fuzz(range(COUNT), NATIVE, oracle, tally)
    problems = [f"{each.engine}: {each.what}\n{each.prepared.network.chain}" for each in tally.differences]
    assert not problems, "\n".join(problems)
    assert tally.compared > 0.9 * COUNT, tally.skipped
