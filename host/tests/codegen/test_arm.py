"""The engine compiled for Cortex-M and run in Unicorn: the DSP instructions themselves, and what the kernels cost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from arm_engine import ArmEngine
from engine_runner import write_models
from network_chain import Chain
from random_networks import random_network
from reference import check_outputs, random_inputs, run_reference

from mcubench.codegen import Program
from mcubench.codegen.output import identifier

VECTORS = 2


def _chain(seed: int, shape: tuple[int, ...]) -> Chain:
    return Chain(np.random.default_rng(seed), shape, zero_point=seed - 3)


NETWORKS = {f"seed{seed}": random_network(seed).data for seed in range(12)} | {
    # 100 pixels are 25 passes of four, 81 leave one over; 5 channels leave an odd one.
    "conv": _chain(1, (1, 12, 12, 8)).conv(5, (3, 3), activation="RELU").build(),
    "conv-rest": _chain(2, (1, 11, 11, 3)).conv(5, (3, 3)).build(),
    "depthwise": _chain(3, (1, 9, 9, 10)).conv(1, (3, 3), depthwise=True, padding="SAME").build(),
    "pool": _chain(4, (1, 9, 9, 10)).pool((3, 2), stride=(2, 2), activation="RELU6").build(),
    "dense": _chain(5, (3, 37)).dense(11, per_channel=True).softmax().build(),
}
Built = tuple[list[Program], ArmEngine]


# Without optimisation, as for a debugger, a compiler has fewer registers than the inner loops in assembly take.
CORES = [("cortex-m7", "-O3"), ("cortex-m7", "-O0"), ("cortex-m4", "-O3"), ("cortex-m0", "-O3")]


@pytest.fixture(scope="module", params=CORES, ids=" ".join)
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder: Path = tmp_path_factory.mktemp("arm")
    return write_models(NETWORKS, folder), ArmEngine(folder, *request.param)


@pytest.mark.parametrize("name", NETWORKS)
def test_outputs_on_arm_are_those_of_the_reference_kernels(name: str, built: Built) -> None:
    programs, engine = built
    index = list(NETWORKS).index(name)
    inputs = random_inputs(NETWORKS[name], VECTORS, seed=index)
    outputs = engine.run(programs[index], index, inputs.reshape(VECTORS, -1).view(np.uint8))
    check_outputs(outputs, run_reference(NETWORKS[name], inputs))


def test_models_know_their_size_in_flash(built: Built) -> None:
    programs, engine = built
    for index, program in enumerate(programs):
        flash_bytes = engine.call("test_flash_bytes", index)
        section = f"__model_{identifier(program.name)}"
        section_bytes = engine.symbols[f"{section}_end"] - engine.symbols[f"{section}_start"]
        assert flash_bytes == section_bytes >= program.constant_bytes


# Instructions per multiplication, all of a layer counted. A Cortex-M7 issues up to two per cycle.
BUDGETS = {
    "conv3x3-32to64": (_chain(1, (1, 13, 13, 32)).conv(64, (3, 3)), 1.25),
    "conv3x3-1to32": (_chain(2, (1, 28, 28, 1)).conv(32, (3, 3)), 4.5),
    "pointwise-64to64": (_chain(3, (1, 12, 12, 64)).conv(64, (1, 1)), 1.5),
    "dense-576to64": (_chain(4, (1, 576)).dense(64), 2.0),
    "depthwise3x3-64": (_chain(5, (1, 14, 14, 64)).conv(1, (3, 3), depthwise=True, padding="SAME"), 7.5),
}


@pytest.fixture(scope="module")
def layers(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder: Path = tmp_path_factory.mktemp("layers")
    return write_models({name: chain.build() for name, (chain, _) in BUDGETS.items()}, folder), ArmEngine(folder)


@pytest.mark.parametrize("name", BUDGETS)
def test_layers_keep_their_budget_of_instructions(name: str, layers: Built) -> None:
    programs, engine = layers
    index = list(BUDGETS).index(name)
    engine.call("engine_open", index)
    per_mac = engine.count_instructions("engine_invoke") / programs[index].macs
    print(f"{name}: {per_mac:.2f} instructions per MAC")
    assert per_mac <= BUDGETS[name][1]
