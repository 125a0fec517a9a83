"""Random networks, so that operators meet in combinations that nobody thought of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from check_networks import NATIVE, find_differences
from fuzz_networks import Tally, fuzz
from network_chain import Chain
from oracle import Oracle, OracleError
from random_networks import random_network

from mcubench.codegen.lower import GENERATED_OPERATORS
from mcubench.codegen.planner import Buffer, Placement

COUNT = 100


def test_random_networks_give_the_outputs_of_the_reference_kernels() -> None:
    tally = Tally()
    with Oracle() as oracle:
        fuzz(range(COUNT), NATIVE, oracle, tally)
    problems = [f"{each.engines}: {each.what}\n{each.prepared.network.chain}" for each in tally.differences]
    assert not problems, "\n".join(problems)
    assert tally.compared > 0.9 * COUNT, tally.skipped


def test_every_operator_is_in_some_random_network() -> None:
    seen = {name for seed in range(300) for name in random_network(seed).operators}
    # ELU is not among the reference kernels.
    assert seen == GENERATED_OPERATORS - {"ELU"}


def test_a_mistake_is_found_and_its_network_made_small(monkeypatch: pytest.MonkeyPatch) -> None:
    def plan_all_in_one_place(chains: Sequence[Sequence[Buffer]]) -> list[Placement]:
        return [Placement(buffer, 0) for chain in chains for buffer in chain]

    monkeypatch.setattr("mcubench.codegen.program.plan_memory", plan_all_in_one_place)
    tally = Tally()
    with Oracle() as oracle:
        fuzz(range(4), NATIVE[:1], oracle, tally)
        found = tally.differences
        assert min(len(each.prepared.network.operators) for each in found) == 1
        assert all("instead of" in each.what for each in found)
        # Nothing is wrong with them otherwise.
        monkeypatch.undo()
        assert not find_differences([each.prepared for each in found], NATIVE[:1])


def test_an_oracle_that_aborts_is_one_network_less() -> None:
    # A flat row of so many values is what it aborts on.
    model = Chain(np.random.default_rng(1), (1, 600)).softmax().build()
    rows = np.zeros((1, 1, 600), np.int8)
    rows[..., 0] = 127
    with Oracle() as oracle:
        with pytest.raises(OracleError, match="aborts"):
            oracle.run(model, np.zeros_like(rows))
        assert oracle.run(model, rows).shape == (1, 1, 600)
