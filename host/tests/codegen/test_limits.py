"""Models that cannot fit a board are refused before anything is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from network_chain import Chain

from mcubench.cli.codegen import command
from mcubench.codegen import Limits, generate, generate_tflm
from mcubench.errors import InputError

Generate = Callable[[Sequence[Path], Path, Limits], Sequence[object]]


def _generate_tflm(paths: Sequence[Path], out: Path, limits: Limits) -> Sequence[object]:
    return generate_tflm(paths, out, 4096, limits)


@pytest.fixture(params=[generate, _generate_tflm], ids=["generated", "tflm"])
def generator(request: pytest.FixtureRequest) -> Generate:
    function: Generate = request.param
    return function


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A convolution from 10x10x4 to 8x8x8."""
    path = tmp_path / "net.tflite"
    path.write_bytes(Chain(np.random.default_rng(1), (1, 10, 10, 4)).conv(8, (3, 3)).build())
    return path


def test_an_arena_that_is_too_small_by_a_byte_is_refused_with_the_figures(
    generator: Generate, model: Path, tmp_path: Path
) -> None:
    needed = 10 * 10 * 4 + 8 * 8 * 8
    with pytest.raises(InputError) as caught:
        generator([model], tmp_path / "out", Limits(arena_bytes=needed - 1))
    pattern = r"net\.tflite: needs an arena of at least (\d+) bytes; the board has (\d+), (\d+) bytes too few$"
    found = re.search(pattern, str(caught.value))
    assert found, caught.value
    assert int(found[1]) >= needed
    assert (int(found[2]), int(found[3])) == (needed - 1, int(found[1]) - needed + 1)
    assert not (tmp_path / "out").exists()
    generator([model], tmp_path / "out", Limits(arena_bytes=int(found[1])))


def test_flash_is_needed_for_all_models_together(generator: Generate, model: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        generator([model], tmp_path / "out", Limits(flash_bytes=100))
    pattern = (
        r"net\.tflite: needs at least (\d+) bytes of flash without any code; the board has 100, (\d+) bytes too few$"
    )
    alone = re.search(pattern, str(caught.value))
    assert alone, caught.value
    assert int(alone[2]) == int(alone[1]) - 100
    other = tmp_path / "other.tflite"
    other.write_bytes(model.read_bytes())
    limits = Limits(flash_bytes=2 * int(alone[1]) - 1)
    generator([model], tmp_path / "out", limits)
    with pytest.raises(InputError, match=r"net\.tflite, .*other\.tflite: need .* 1 bytes too few"):
        generator([model, other], tmp_path / "out", limits)


@pytest.mark.parametrize("engine", ["generated", "tflm"])
def test_the_command_line_takes_the_limits(model: Path, tmp_path: Path, engine: str) -> None:
    arguments = ["--engine", engine, "--out", str(tmp_path / "out"), str(model)]
    assert CliRunner().invoke(command, ["--flash", "100000", "--arena", "4096", *arguments]).exit_code == 0
    for limit in (["--flash", "100"], ["--arena", "500"]):
        assert isinstance(CliRunner().invoke(command, [*limit, *arguments]).exception, InputError)
