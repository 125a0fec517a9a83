"""platformio.ini: the environment people flash with and the one without downloads build the same thing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

OWN_OF_THE_PLATFORM = {"platform", "platform_packages", "upload_protocol", "extends"}


@pytest.fixture(scope="module")
def environments(run_pio: Callable[..., str]) -> dict[str, dict[str, Any]]:
    sections = json.loads(run_pio("project", "config", "--json-output"))
    return {name.removeprefix("env:"): dict(options) for name, options in sections if name.startswith("env:")}


def test_local_environment_has_the_same_sources_and_flags(environments: dict[str, dict[str, Any]]) -> None:
    official, local = environments["stm32f746"], environments["stm32f746-local"]
    assert official["platform"].startswith("platformio/ststm32@")
    assert local["platform"] == "symlink://firmware/platform-local"
    shared = official.keys() - OWN_OF_THE_PLATFORM
    assert {"build_flags", "build_src_flags", "build_src_filter", "custom_fpu", "custom_models"} <= shared
    assert {key: official[key] for key in shared} == {key: local.get(key) for key in shared}


def test_versions_of_the_official_platform_are_pinned(environments: dict[str, dict[str, Any]]) -> None:
    assert environments["stm32f746"]["platform"].count(".") == 2
    assert all("@" in package for package in environments["stm32f746"]["platform_packages"])


def test_harness_differs_only_in_engine_and_models(environments: dict[str, dict[str, Any]]) -> None:
    harness, local = environments["stm32f746-harness-local"], environments["stm32f746-local"]
    differing = {key for key in local.keys() | harness.keys() if local.get(key) != harness.get(key)}
    assert differing - {"extends"} == {"custom_engine", "custom_models", "build_src_filter"}
