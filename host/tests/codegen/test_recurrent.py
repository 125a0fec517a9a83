"""SVDF and LSTM over a grid of sizes and scales, against the reference kernels; and what they remember."""

from __future__ import annotations

import itertools
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from arm_engine import ArmEngine
from engine_runner import INCLUDES, WARNINGS, engine_objects, run_tool, write_models
from one_operator import Checked, run_grid
from recurrent_models import lstm, svdf
from reference import check_outputs, random_inputs, run_reference

from mcubench.codegen.program import compile_model
from mcubench.errors import InputError

VECTORS = 4
Case = tuple[str, bytes]


def _svdfs() -> Iterator[Case]:
    sizes = ((1, 1, 1, 1), (3, 1, 5, 4), (4, 2, 16, 8), (7, 2, 13, 3), (5, 3, 33, 10), (16, 1, 40, 7), (2, 4, 64, 2))
    grid = itertools.product(("int8", "float32"), sizes, (True, False), (0.05, 1.0, 12.0))
    for seed, (kind, size, bias, gain) in enumerate(grid):
        yield f"svdf-{kind}-{size}-{bias}-{gain}", svdf(kind, *size, seed=seed, bias=bias, gain=gain)


def _lstms() -> Iterator[Case]:
    # Inputs, units, steps.
    sizes = ((1, 1, 1), (3, 4, 5), (8, 8, 1), (13, 7, 9), (4, 16, 20), (1, 5, 28))
    for seed, (kind, size) in enumerate(itertools.product(("int8", "float32"), sizes)):
        yield f"lstm-{kind}-{size}", lstm(kind, *size, seed=seed)
        yield f"lstm-{kind}-{size}-major", lstm(kind, *size, seed=seed, time_major=True)
        yield f"lstm-{kind}-{size}-clip", lstm(kind, *size, seed=seed, clip=0.7)
    for exponent, size in itertools.product(range(-15, -8), sizes[1:5]):
        yield (
            f"lstm-2^{exponent}-{size}",
            lstm("int8", *size, seed=exponent + 100, cell_exponent=exponent, hidden_zero=3 * exponent + 36),
        )


MODELS = dict([*_svdfs(), *_lstms()])


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Checked]:
    return run_grid(MODELS, tmp_path_factory.mktemp("recurrent"), VECTORS)


@pytest.mark.parametrize("name", MODELS)
def test_outputs_are_those_of_the_reference_kernels(name: str, checked: dict[str, Checked]) -> None:
    checked[name].check()


# Resets a model's states once and then calls its layers vector by vector, past engine_invoke(), which would reset them.
_STEPS_MAIN = r"""
#include <stdio.h>
#include <string.h>
#include "generated.h"
int main(void) {
    uint32_t job[2];
    while (fread(job, sizeof(job), 1, stdin) == 1) {
        const generated_model_t *model = generated_models[job[0]];
        memset(generated_arena, 0x5A, generated_arena_bytes);
        model->reset(generated_arena);
        for (; job[1] > 0; job[1]--) {
            if (fread(generated_arena + model->input_offset, model->info.input_bytes, 1, stdin) != 1) {
                return 3;
            }
            for (uint32_t layer = 0; layer < model->info.layer_count; layer++) {
                model->layers[layer].run(generated_arena);
            }
            fwrite(generated_arena + model->output_offset, model->info.output_bytes, 1, stdout);
        }
    }
    return 0;
}
"""
STEPS = 7
# Without the SVDF whose memory is of the newest number only.
REMEMBERING = {name: MODELS[name] for index, name in enumerate(MODELS) if index % 6 == 1 and "(1, 1, 1, 1)" not in name}


@pytest.fixture(scope="module")
def stepped(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Checked]:
    """Outputs of vectors that follow each other without a reset."""
    folder = tmp_path_factory.mktemp("steps")
    programs = write_models({f"m{index}": model for index, model in enumerate(REMEMBERING.values())}, folder)
    inputs = [random_inputs(model, STEPS, seed) for seed, model in enumerate(REMEMBERING.values())]
    main = folder / "main.c.txt"
    main.write_text(_STEPS_MAIN)
    # Those of NativeEngine, so that the engine's objects are there already.
    flags = ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-DMCUBENCH_KERNELS_DSP=0")
    sources = [*engine_objects("gcc", flags), *sorted(folder.glob("*.c")), "-x", "c", main]
    run_tool("gcc", *flags, *WARNINGS, *INCLUDES, "-o", folder / "steps", *sources, "-lm")
    stream = b"".join(np.array([i, STEPS], "<u4").tobytes() + rows.tobytes() for i, rows in enumerate(inputs))
    done = subprocess.run([folder / "steps"], input=stream, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")[:4000]
    rest = np.frombuffer(done.stdout, np.uint8)
    results = {}
    for (name, model), program, rows in zip(REMEMBERING.items(), programs, inputs, strict=True):
        size = STEPS * program.output.bytes
        results[name] = Checked(model, rows, (rest[:size].reshape(STEPS, -1),))
        rest = rest[size:]
    return results


@pytest.mark.parametrize("name", REMEMBERING)
def test_states_carry_over_as_in_the_reference_kernels(name: str, stepped: dict[str, Checked]) -> None:
    each = stepped[name]
    expected = run_reference(each.model, each.inputs, reset=False)
    check_outputs(each.seen[0], expected)
    # What is remembered makes a difference, or this would prove nothing.
    assert not np.array_equal(expected, run_reference(each.model, each.inputs))


def test_states_start_at_zero_or_an_int8_zero_point() -> None:
    for zero_point, byte in ((-3, 253), (0, 0), (7, 7)):
        program = compile_model("lstm", lstm("int8", 3, 4, 5, hidden_zero=zero_point))
        assert list(program.states.values()) == [byte, 0]
    assert list(compile_model("svdf", svdf("int8", 3, 2, 5, 4)).states.values()) == [0]


@pytest.mark.parametrize("core", ["cortex-m0", "cortex-m4"])
def test_outputs_on_arm_are_those_of_the_reference_kernels(core: str, tmp_path: Path) -> None:
    models = {re.sub(r"\W+", "-", name): MODELS[name] for index, name in enumerate(MODELS) if index % 17 == 5}
    programs = write_models(models, tmp_path)
    engine = ArmEngine(tmp_path, core)
    for index, (program, model) in enumerate(zip(programs, models.values(), strict=True)):
        inputs = random_inputs(model, 1, seed=index)
        outputs = engine.run(program, index, inputs.reshape(1, -1).view(np.uint8))
        check_outputs(outputs, run_reference(model, inputs), program.name)


def test_cells_of_a_scale_that_the_reference_kernel_has_no_tanh_for_are_refused() -> None:
    with pytest.raises(InputError, match=r"operator 0 \(UNI.* has a cell state of scale 0.00390625, expected a power"):
        compile_model("lstm", lstm("int8", 3, 4, 5, cell_exponent=-8))


def test_an_int8_state_which_only_tflm_knows_is_refused() -> None:
    with pytest.raises(InputError, match=r"has a state of 24 elements of int8, the generated engine supports 24 of in"):
        compile_model("svdf", svdf("int8", 3, 2, 5, 4, state="int8"))
