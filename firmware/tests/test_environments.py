"""platformio.ini: the environment people flash with and the one without downloads build the same thing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pio import PROJECT, run_pio

# Where a library comes from belongs to the platform as well: one of them fetches it, the other one cannot.
OWN_OF_THE_PLATFORM = {"platform", "platform_packages", "upload_protocol", "extends", "lib_deps"}
LOCAL = re.findall(r"^\[env:(.+)-local\]", (PROJECT / "platformio.ini").read_text(), re.MULTILINE)
HARNESSES = [name for name in LOCAL if name.endswith("-harness")]
PAIRS = [name for name in LOCAL if name not in HARNESSES]
PORTS = {"stm32f746": "ststm32", "nrf52840": "nordicnrf52", "cortex-m0": "ststm32"}
BARE = {"cortex-m0"}  # no harness, whose size could be measured


@pytest.fixture(scope="module")
def environments() -> dict[str, dict[str, Any]]:
    sections = json.loads(run_pio("project", "config", "--json-output"))
    return {name.removeprefix("env:"): dict(options) for name, options in sections if name.startswith("env:")}


def test_every_port_has_its_environments() -> None:
    assert set(PORTS) <= set(PAIRS)
    assert {f"{name}-harness" for name in PORTS.keys() - BARE} == set(HARNESSES)


@pytest.mark.parametrize("name", PAIRS)
def test_local_environment_has_the_same_sources_and_flags(environments: dict[str, dict[str, Any]], name: str) -> None:
    official, local = environments[name], environments[f"{name}-local"]
    port = next(port for port in PORTS if name.startswith(port))
    assert official["platform"].startswith(f"platformio/{PORTS[port]}@")
    assert local["platform"] == "symlink://firmware/platform-local"
    shared = official.keys() - OWN_OF_THE_PLATFORM
    assert {"build_flags", "build_src_flags", "build_src_filter", "custom_fpu", "custom_models"} <= shared
    assert {key: official[key] for key in shared} == {key: local.get(key) for key in shared}


@pytest.mark.parametrize("name", PAIRS)
def test_versions_of_the_official_platform_are_pinned(environments: dict[str, dict[str, Any]], name: str) -> None:
    assert environments[name]["platform"].count(".") == 2
    assert all("@" in package for package in environments[name]["platform_packages"])


@pytest.mark.parametrize("name", HARNESSES)
def test_harness_differs_only_in_engine_and_models(environments: dict[str, dict[str, Any]], name: str) -> None:
    harness, local = environments[f"{name}-local"], environments[f"{name.removesuffix('-harness')}-local"]
    differing = {key for key in local.keys() | harness.keys() if local.get(key) != harness.get(key)}
    assert differing - {"extends"} == {"custom_engine", "custom_models", "build_src_filter"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("mnist-int8 mnist-float32", "nosuch-model"), "embed_models: cannot read the model .*nosuch-model"),
        (("custom_models = mnist-int8 mnist-float32", "custom_models ="), "embed_models: custom_models is empty"),
        (("custom_engine = generated", "custom_engine = nosuch-engine"), "nosuch-engine"),
        (("custom_arena_bytes = 229376", "custom_arena_bytes = 20000"), "the board has 20000, 2528 bytes too few"),
        (
            ("board = disco_f746ng", "board = disco_f746ng\nboard_upload.maximum_size = 300000"),
            "the board has 300000, ",
        ),
    ],
    ids=["model", "no-model", "engine", "arena", "flash"],
)
def test_mistake_in_platformio_ini_is_said_in_a_line(tmp_path: Path, change: tuple[str, str], reason: str) -> None:
    config = tmp_path / "platformio.ini"
    config.write_text((PROJECT / "platformio.ini").read_text().replace(*change))
    command = ["run", "--project-dir", str(PROJECT), "--project-conf", str(config), "--environment", "stm32f746-local"]
    printed = run_pio(*command, status=1, PLATFORMIO_BUILD_DIR=str(tmp_path / "build"))
    assert re.search(reason, printed)
    assert "Traceback" not in printed
