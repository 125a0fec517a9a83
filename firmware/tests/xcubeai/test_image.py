"""The environment stm32f746-xcubeai-local with the test double in place of ST's files, on the virtual board."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from core_boards import run_tool
from double_networks import DOUBLE, FLOAT32, INT8, DoubleNetwork, write_user_folder
from pio import PROJECT, run_pio
from virtual_board import running

from mcubench.errors import BoardError
from mcubench.image_layout import ImageLayout, read_layout
from mcubench.protocol.client import Board
from mcubench.protocol.stream import VectorStream

ENVIRONMENT = "stm32f746-xcubeai-local"
CORE = ("-mcpu=cortex-m7", "-mthumb", "-mfpu=fpv5-sp-d16", "-mfloat-abi=hard")
BOTH = pytest.mark.parametrize("network", [INT8, FLOAT32], ids=["edge-ai", "x-cube-ai-7"])


def build(folder: Path, user: Path, status: int = 0) -> str:
    """Run the environment with the user's files in `user`, and return what PlatformIO printed."""
    config = folder / "platformio.ini"
    text = (PROJECT / "platformio.ini").read_text()
    named = "custom_xcubeai_dir = firmware/engines/xcubeai/user\n"
    assert text.count(named) == 1
    config.write_text(text.replace(named, f"custom_xcubeai_dir = {user}\n"))
    command = ["run", "--project-dir", str(PROJECT), "--project-conf", str(config), "--environment", ENVIRONMENT]
    return run_pio(*command, status=status, PLATFORMIO_BUILD_DIR=str(folder / "build"))


@pytest.fixture(scope="module")
def printed_and_image(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ImageLayout]:
    folder = tmp_path_factory.mktemp("xcubeai-image")
    user = write_user_folder(folder / "user", INT8, FLOAT32)
    (user / "app_x-cube-ai.c").write_text("#error not a file of a network: it is left alone\n")
    library = user / "Lib" / "NetworkRuntime910_CM7_GCC.a"
    library.unlink()
    run_tool(
        *("arm-none-eabi-gcc", *CORE, "-Os", "-ffunction-sections", "-fdata-sections", "-I", DOUBLE / "Inc", "-c"),
        *(DOUBLE / "runtime.c", "-o", folder / "runtime.o"),
    )
    run_tool("arm-none-eabi-ar", "rcs", library, folder / "runtime.o")
    printed = build(folder, user)
    return printed, read_layout(folder / "build" / ENVIRONMENT / "firmware.elf")


@pytest.fixture(scope="module")
def image(printed_and_image: tuple[str, ImageLayout]) -> ImageLayout:
    return printed_and_image[1]


@pytest.fixture(scope="module")
def board(image: ImageLayout) -> Iterator[Board]:
    """In strict mode: an access to the CRC unit without its clock would stop the board."""
    with running("stm32f746", image) as board:
        board.set_clock("216")
        yield board


def test_it_compiles_without_warnings(printed_and_image: tuple[str, ImageLayout]) -> None:
    assert "warning" not in printed_and_image[0].lower()


def test_library_is_in_the_engine_and_networks_are_in_their_models(image: ImageLayout) -> None:
    def within(name: str, start: str, end: str) -> bool:
        return image.symbols[start] <= image.symbols[name] & ~1 < image.symbols[end]

    for name in ("engine_open", "xcubeai_networks", "double_run", "ai_platform_observer_register_s"):
        assert within(name, "__engine_start", "__engine_end"), name
    for network in (INT8, FLOAT32):
        for name in (f"ai_{network.name}_run", f"s_{network.name}_weights"):
            assert within(name, f"__model_{network.name}_start", f"__model_{network.name}_end"), name


def test_sizes_that_the_board_reports_add_up(board: Board, image: ImageLayout) -> None:
    info, models = board.info(), board.models()
    assert (info.engine, info.engine_version, info.kernels) == ("xcubeai", "9.1.0", "st")
    assert info.flash_image_bytes == image.flash_bytes
    assert info.flash_engine_bytes == image.size_bytes(".engine")
    assert {model.name.replace("-", "_"): model.flash_bytes for model in models} == image.model_flash_bytes
    assert sum(model.flash_bytes or 0 for model in models) > sum(map(len, (INT8.weights, FLOAT32.weights)))
    assert max(model.arena_bytes or 0 for model in models) == image.size_bytes(".arena")


@BOTH
def test_network_runs_with_the_output_it_has_and_its_cycles_counted(board: Board, network: DoubleNetwork) -> None:
    model = board.select(network.folder)
    data = bytes(7 * index % 200 for index in range(network.input_bytes))
    (result,) = VectorStream(board, model, data)
    assert result.output == network.output(data)
    run, layers = board.run(5), board.layers()
    assert run.output_crc32 == layers.output_crc32 == zlib.crc32(network.output(data))
    assert run.stable
    assert network.input_bytes < min(run.cycles) < 100 * network.input_bytes
    assert [layer.op for layer in layers.layers] == ["CONV2D", "POOL", "SM"]


@BOTH
def test_arena_that_is_a_byte_too_small_is_refused(board: Board, network: DoubleNetwork) -> None:
    needed = board.select(network.folder).arena_bytes
    assert needed is not None
    assert board.select(network.folder, needed).arena_bytes == needed
    with pytest.raises(BoardError, match="status=-1"):
        board.select(network.folder, needed - 1)


def test_missing_files_are_said_in_a_line_before_anything_is_compiled(tmp_path: Path) -> None:
    printed = build(tmp_path, tmp_path / "nothing", status=1)
    (line,) = [line for line in printed.splitlines() if "embed_models" in line]
    assert f"{tmp_path}/nothing/mnist_int8.c is missing: generate it with `stedgeai generate" in line
    assert "docs/xcubeai.md" in line
    assert "Compiling" not in printed
    assert "Traceback" not in printed
