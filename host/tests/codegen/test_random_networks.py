"""Random networks, so that operators meet in combinations that nobody thought of."""

from __future__ import annotations

from pathlib import Path

from fuzz_networks import check_networks


def test_random_networks_give_the_outputs_of_the_reference_kernels(tmp_path: Path) -> None:
    check_networks(range(40), tmp_path)
