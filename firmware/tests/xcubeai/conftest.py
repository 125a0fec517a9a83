"""The xcubeai engine over the test double of ST's runtime, built for the PC."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for the helper; importlib mode adds no folder

from core_boards import FIRMWARE, WARNINGS, core_sources, run_tool
from double_networks import DOUBLE, FLOAT32, INT8, Build, DoubleNetwork, write_user_folder

from mcubench.codegen.xcubeai import generate_xcubeai

FLAGS = (
    *("-std=c11", "-D_GNU_SOURCE", "-g", "-O1", *WARNINGS, "-pthread"),
    *("-fsanitize=address", "-fsanitize=undefined", "-fno-sanitize-recover=all"),
)


@pytest.fixture(scope="session")
def core_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Core and native port, compiled once for all programs of this folder."""
    library = tmp_path_factory.mktemp("xcubeai-core") / "core.o"
    native = FIRMWARE / "native"
    includes = [f"-I{FIRMWARE / 'common'}", f"-I{native}"]
    sources = [*core_sources(), *sorted(native.glob("*.c"))]
    run_tool("gcc", *FLAGS, *includes, "-r", "-nostdlib", *sources, "-o", library)
    return library


@pytest.fixture(scope="session")
def build_board(core_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Build the PC as a board with networks of the double: `build_board(INT8, FLOAT32)` returns the program."""

    def build(*networks: DoubleNetwork) -> Path:
        out = tmp_path_factory.mktemp("xcubeai")
        user = write_user_folder(out / "user", *networks)
        generate_xcubeai([network.model.parent for network in networks], out / "generated", user)
        engine = FIRMWARE / "engines" / "xcubeai"
        includes = [f"-I{folder}" for folder in (FIRMWARE / "common", engine, out / "generated", user)]
        sources = [engine / "engine.c", out / "generated" / "models.c", DOUBLE / "runtime.c", *sorted(user.glob("*.c"))]
        run_tool(
            *("gcc", *FLAGS, *includes, "-isystem", user / "Inc"),
            *(*sources, core_library, "-lm", "-o", out / "board"),
        )
        return out / "board"

    return build


@pytest.fixture(scope="session")
def xcubeai_program(build_board: Build) -> Path:
    """A network in the style of ST Edge AI, and one in that of X-CUBE-AI 7.1."""
    return build_board(INT8, FLOAT32)
