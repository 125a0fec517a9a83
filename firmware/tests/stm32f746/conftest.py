"""Images built with PlatformIO, in the place where `make firmware` builds them."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mcubench.image_layout import ImageLayout, read_layout

PROJECT = Path(__file__).parents[3]
CORE = PROJECT / ".pio-core"
BUILD_TIMEOUT_S = 240


@pytest.fixture(scope="session")
def run_pio() -> Callable[..., str]:
    """Run PlatformIO in the project, one process at a time whoever runs tests, and return what it printed."""
    if not (CORE / "packages" / "tool-scons").is_dir():
        pytest.skip("no .pio-core/packages/tool-scons: run `make setup`")

    def run(*arguments: str, status: int = 0, **variables: str) -> str:
        environment = {**os.environ, "PLATFORMIO_CORE_DIR": str(CORE), **variables}
        command = [sys.executable, "-m", "platformio", *arguments]
        with (CORE / "tests.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            done = subprocess.run(
                command,
                cwd=PROJECT,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=BUILD_TIMEOUT_S,
                check=False,
            )
        assert done.returncode == status, done.stdout
        return done.stdout

    return run


@pytest.fixture(scope="session")
def image(run_pio: Callable[..., str]) -> ImageLayout:
    """The image with both models."""
    run_pio("run", "--environment", "stm32f746-local")
    return read_layout(PROJECT / ".pio/build/stm32f746-local/firmware.elf")


@pytest.fixture(scope="session")
def harness(run_pio: Callable[..., str]) -> ImageLayout:
    """The image without engine and models."""
    run_pio("run", "--environment", "stm32f746-harness-local")
    return read_layout(PROJECT / ".pio/build/stm32f746-harness-local/firmware.elf")
