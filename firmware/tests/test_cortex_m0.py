"""The bare image for a Cortex-M0 with 32 KB of flash and 4 KB of RAM, on an emulated core."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from pio import PROJECT, run_pio

sys.path.insert(0, str(PROJECT / "tools"))  # for the builder of networks

from network_chain import Chain

from mcubench.boards import ChildBoard
from mcubench.deadline import Deadline
from mcubench.errors import InputError, RestartedError
from mcubench.image_layout import read_layout
from mcubench.image_mark import ImageMark, read_mark
from mcubench.link import Link
from mcubench.protocol import Board
from mcubench.serve import Image, OpenModel, find_networks, load_core, load_engine

FLASH_BYTES, RAM_BYTES = 32 << 10, 4 << 10
TOUCH = PROJECT / "models" / "touch-int8"
VECTORS = 20
# libgcc's divisions, remainders and floating point (Run-time ABI for the Arm Architecture, chapter 4), and newlib's.
HELPERS = re.compile(r"__aeabi_(.*div.*|.*mod.*|[fd].*|u?[il]2[fd])|__.*(div|mod).*[sd]i.*|__.*[sd]f[23]?.*|expf?")

Build = Callable[[Path], Path]


def save(chain: Chain, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(chain.build())
    return path


def dense(*units: int, inputs: int) -> Chain:
    chain = Chain(np.random.default_rng(7), (1, inputs))
    for count in units[:-1]:
        chain = chain.dense(count, activation="RELU_N1_TO_1")
    return chain.dense(units[-1])


def convolutions() -> Chain:
    """What a mask of 10x10 pixels takes, with channels and depths that fill no word, and a window off the image."""
    chain = Chain(np.random.default_rng(8), (1, 10, 10, 1)).conv(5, activation="RELU", padding="SAME").pool()
    chain = chain.conv(3, (1, 1)).conv(2, depthwise=True).pool(average=True)
    return chain.flatten().dense(3, per_channel=True).softmax()


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Build the image of one model; what all images share is compiled once."""
    folder = tmp_path_factory.mktemp("cortex-m0")

    def run(model: Path) -> Path:
        run_pio(*COMMAND, MCUBENCH_EMBED=str(model), PLATFORMIO_BUILD_DIR=str(folder))
        elf = folder / f"{model.stem}.elf"
        elf.write_bytes((folder / "cortex-m0-local" / "firmware.elf").read_bytes())
        return elf

    return run


COMMAND = ("run", "--environment", "cortex-m0-local")


def refusal(model: Path, folder: Path) -> str:
    return run_pio(*COMMAND, status=1, MCUBENCH_EMBED=str(model), PLATFORMIO_BUILD_DIR=str(folder))


@pytest.fixture(scope="module")
def touch_elf(build: Build) -> Path:
    return build(TOUCH)


@pytest.fixture(scope="module")
def odd_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Depths that fill no word, an odd number of units."""
    return save(dense(11, 6, 5, inputs=13), tmp_path_factory.mktemp("odd") / "odd.tflite")


@pytest.fixture(scope="module")
def odd_elf(build: Build, odd_model: Path) -> Path:
    return build(odd_model)


@pytest.fixture
def odd(odd_elf: Path) -> Image:
    return load_core(odd_elf)


def open_first(image: Image) -> OpenModel:
    return image.engine.open(image.networks[0], None)


def outputs(model: OpenModel, vectors: list[bytes]) -> list[bytes]:
    seen = []
    for vector in vectors:
        model.set_input(vector)
        model.invoke()
        seen.append(model.output())
    return seen


def vectors_for(input_bytes: int) -> list[bytes]:
    rng = np.random.default_rng(9)
    return [rng.integers(0, 256, input_bytes, np.uint8).tobytes() for _ in range(VECTORS)]


def check_outputs(image: Image, model: Path) -> None:
    litert = pytest.importorskip("ai_edge_litert", reason="pip install 'mcubench[serve]'")
    assert litert
    (network,) = find_networks([str(model)])
    vectors = vectors_for(network.input_bytes)
    expected = outputs(load_engine("litert").open(network, None), vectors)
    assert len(set(expected)) > 1
    assert outputs(open_first(image), vectors) == expected


def test_dense_outputs_are_those_of_the_reference_kernels(odd: Image, odd_model: Path) -> None:
    check_outputs(odd, odd_model)


def test_convolution_outputs_are_those_of_the_reference_kernels(build: Build, tmp_path: Path) -> None:
    model = save(convolutions(), tmp_path / "mask.tflite")
    check_outputs(load_core(build(model)), model)


def test_touch_fits_the_memory_with_its_stack(touch_elf: Path) -> None:
    image = load_core(touch_elf)
    check_outputs(image, TOUCH)
    layout = read_layout(touch_elf)
    stack_bytes = image.platform.memory()["stack_used_bytes"]
    assert layout.flash_bytes <= FLASH_BYTES
    assert 0 < stack_bytes < layout.size_bytes(".stack")
    assert layout.ram_static_bytes + layout.size_bytes(".arena") + stack_bytes <= RAM_BYTES


def test_touch_neither_divides_nor_computes_with_floats(touch_elf: Path) -> None:
    assert [name for name in read_layout(touch_elf).symbols if HELPERS.fullmatch(name)] == []


def test_the_helpers_are_found_where_there_are_some(build: Build, tmp_path: Path) -> None:
    model = save(Chain(np.random.default_rng(1), (1, 4), kind="float32").dense(3).softmax(), tmp_path / "real.tflite")
    names = [name for name in read_layout(build(model)).symbols if HELPERS.fullmatch(name)]
    assert {"__aeabi_fmul", "__aeabi_fdiv", "__aeabi_fadd"} <= set(names)


def cycles(image: Image, clock: str, **options: bool) -> int:
    image.platform.set_clock(clock, options)
    return image.platform.time_invoke(open_first(image), 0)


def test_what_costs_more_takes_longer(odd: Image) -> None:
    zero, one = cycles(odd, "24"), cycles(odd, "48")
    assert cycles(odd, "8") == zero
    assert zero < one < cycles(odd, "48", prefetch=False)
    assert cycles(odd, "24", fast_multiplier=False) > zero
    assert cycles(odd, "48") == one


def test_cycles_do_not_depend_on_what_ran_before(odd: Image) -> None:
    model = open_first(odd)
    assert len({odd.platform.time_invoke(model, 0) for _ in range(3)}) == 1


def test_layers_add_up_to_the_inference(odd: Image) -> None:
    model = open_first(odd)
    whole = odd.platform.time_invoke(model, 0)
    before = model.output()
    times = odd.platform.time_layers(model)
    assert times is not None
    assert [op for op, _ in times.layers] == ["FULLY_CONNECTED"] * 3
    assert times.window_cycles == pytest.approx(whole, rel=0.05)
    assert times.output == before


def test_an_inference_leaves_the_stack_as_deep_as_it_was_at_another_clock(odd: Image) -> None:
    open_first(odd)
    start = odd.platform.memory()["stack_used_bytes"]
    cycles(odd, "48")
    deep = odd.platform.memory()["stack_used_bytes"]
    odd.platform.set_clock("8", {})
    assert odd.platform.memory()["stack_used_bytes"] == deep > start
    odd.platform.restart()
    assert odd.platform.memory()["stack_used_bytes"] <= start


def command(elf: Path) -> list[str]:
    return [sys.executable, "-m", "mcubench", "virtual", "cortex-m0", "--firmware", str(elf)]


@pytest.fixture(scope="module")
def board(odd_elf: Path) -> Iterator[Board]:
    with ChildBoard("cortex-m0", command(odd_elf)) as child, Link(child.port) as link:
        board = Board(link)
        board.connect()
        yield board


def test_the_reset_pin_restarts_it(odd_elf: Path) -> None:
    with ChildBoard("cortex-m0", command(odd_elf), has_reset_pin=True) as child, Link(child.port) as link:
        board = Board(link)
        board.connect()
        board.set_clock("48")
        assert child.timing_model == "m0-1"
        assert child.pulse_reset()
        deadline = Deadline.after(10.0)
        with pytest.raises(RestartedError, match="cause: pin"):
            while deadline.left_s > 0:
                board.info()
        assert board.connect().boot_count == 2
        assert board.clocks().selected == "8"


def test_the_board_says_who_it_is_and_what_its_memory_holds(board: Board, odd_elf: Path) -> None:
    info = board.info()
    assert read_mark(odd_elf) == ImageMark(info.board, info.build_id)
    assert (info.board, info.core, info.timing, info.counts_time) == ("cortex-m0", "cortex-m0", "modelled", False)
    assert info.toolchain.startswith("arm-none-eabi-gcc-")
    assert "-mcpu=cortex-m0" in info.flags
    assert (info.engine, info.kernels) == ("generated", "c")
    model = board.select("odd")
    assert model.flash_bytes is not None
    sizes = (info.flash_harness_bytes, info.flash_engine_bytes, model.flash_bytes)
    assert info.flash_image_bytes == sum(size or 0 for size in sizes)


def test_the_board_tells_its_clocks(board: Board) -> None:
    table = board.clocks()
    assert [(each.hz, each.details["wait_states"]) for each in table.settings] == [
        (8_000_000, "0"),
        (24_000_000, "0"),
        (48_000_000, "1"),
    ]
    assert board.set_clock("48").settings == {"wait_states": "1", "prefetch": "1", "fast_multiplier": "1"}
    board.select("odd")
    warm, cold = board.run(3), board.run(3, cold=True)
    assert warm.cycles == cold.cycles
    assert board.layers().sum_cycles <= board.layers().window_cycles


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--strict"], "cortex-m0 has no UART: leave --baud, --strict, --real-time and --seconds out"),
        (["--fault", "hang:after=1"], "fault 'hang': cortex-m0 can have silence, garbage"),
    ],
    ids=["option", "fault"],
)
def test_what_a_core_alone_cannot_do_is_refused(odd_elf: Path, options: list[str], said: str) -> None:
    done = subprocess.run([*command(odd_elf), *options], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_model_that_is_too_large_for_the_memory_is_refused(tmp_path: Path) -> None:
    image = Chain(np.random.default_rng(1), (1, 64, 64, 1)).pool()
    assert "needs an arena of at least" in refusal(save(image, tmp_path / "wide.tflite"), tmp_path / "build")


def test_a_model_whose_code_makes_it_too_large_does_not_link(tmp_path: Path) -> None:
    said = refusal(save(dense(240, inputs=120), tmp_path / "deep.tflite"), tmp_path / "build")
    assert "region `FLASH' overflowed" in said


def test_another_image_is_not_taken_for_one_of_this_core(tmp_path: Path) -> None:
    source, elf = tmp_path / "other.c", tmp_path / "other.elf"
    source.write_text("int main(void) { return 0; }\n")
    flags = ["-mcpu=cortex-m0", "-mthumb", "-nostdlib", "-Wl,-Ttext=0x08000000", "-Wl,-e,main"]
    subprocess.run(["arm-none-eabi-gcc", *flags, source, "-o", elf], check=True, capture_output=True, timeout=60)
    with pytest.raises(InputError, match="has no bare; expected an image for a bare Cortex-M0"):
        load_core(elf)
