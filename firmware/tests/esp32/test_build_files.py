"""What PlatformIO and ESP-IDF read: the environment, and firmware/CMakeLists.txt, with a stand-in for ESP-IDF."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
from core_boards import FIRMWARE, core_sources, run_tool
from pio import run_pio

# Of ESP-IDF only that a component is a library; its own compile flags come first there.
PROJECT_FILE = f"""
cmake_minimum_required(VERSION 3.16)
project(stand_in C)
add_compile_options(-O2)
function(idf_component_register)
    cmake_parse_arguments(component "" "" "SRCS;INCLUDE_DIRS;PRIV_REQUIRES" ${{ARGN}})
    add_library(firmware STATIC ${{component_SRCS}})
    target_include_directories(firmware PRIVATE ${{component_INCLUDE_DIRS}})
endfunction()
add_subdirectory({FIRMWARE} firmware)
"""


@pytest.fixture(scope="module")
def environments() -> dict[str, dict[str, Any]]:
    sections = json.loads(run_pio("project", "config", "--json-output"))
    return {name.removeprefix("env:"): dict(options) for name, options in sections if name.startswith("env:esp32")}


def test_environment_is_pinned_and_leaves_flags_to_esp_idf(environments: dict[str, dict[str, Any]]) -> None:
    esp32 = environments["esp32"]
    assert esp32["platform"].startswith("platformio/espressif32@")
    assert esp32["platform"].count(".") == 2
    assert (esp32["board"], esp32["framework"]) == ("esp32dev", ["espidf"])
    # Each of them would reach ESP-IDF and its boot loader too.
    assert (esp32["build_flags"], esp32["build_unflags"]) == ([], [])
    assert (FIRMWARE.parent / esp32["board_build.cmake_extra_args"].partition("=")[2]).is_file()
    assert "/.pio/build/esp32/" in esp32["board_build.esp-idf.sdkconfig_path"]


def test_tflm_brings_its_library_and_no_optimisation(environments: dict[str, dict[str, Any]]) -> None:
    tflm = environments["esp32-tflm"]
    assert (tflm["custom_engine"], len(tflm["lib_deps"])) == ("tflm", 1)
    assert "-DTF_LITE_STATIC_MEMORY" in " ".join(tflm["build_flags"])
    assert "-O" not in " ".join(tflm["build_flags"])  # firmware/CMakeLists.txt has the last word


def test_monitor_speaks_as_fast_as_the_board(environments: dict[str, dict[str, Any]]) -> None:
    speed = environments["esp32"]["monitor_speed"]
    assert f"#define BAUD {speed}\n" in (FIRMWARE / "esp32" / "uart.c").read_text()


@pytest.mark.parametrize("engine", ["generated", "none"])
def test_component_compiles_core_port_engine_and_models_and_nothing_else(tmp_path: Path, engine: str) -> None:
    if shutil.which("cmake") is None:
        pytest.skip("cmake is not installed")
    generated = tmp_path / "generated"
    generated.mkdir()
    (generated / "mnist.c").touch()
    (tmp_path / "CMakeLists.txt").write_text(PROJECT_FILE)
    command = ["cmake", "-S", str(tmp_path), "-B", str(tmp_path / "build"), "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON"]
    variables = {"MCUBENCH_ENGINE": engine, "MCUBENCH_GENERATED": str(generated), "MCUBENCH_BUILD_INFO": "/info.h"}
    run_tool("env", *(f"{name}={value}" for name, value in variables.items()), *command)
    commands = json.loads((tmp_path / "build" / "compile_commands.json").read_text())
    flags = {Path(each["file"]): shlex.split(each["command"]) for each in commands}

    timed = {*(FIRMWARE / "engines" / engine).glob("*.c"), generated / "mnist.c"}
    assert flags.keys() == {*core_sources(), *(FIRMWARE / "esp32").glob("*.c"), *timed}
    last = {path: [flag for flag in words if flag.startswith("-O")][-1] for path, words in flags.items()}
    assert {path for path, level in last.items() if level == "-O3"} == timed
    included = {path.name for path, words in flags.items() if "-include/info.h" in words}
    assert included == {"command_info.c"}
