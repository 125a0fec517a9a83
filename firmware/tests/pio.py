"""Images built with PlatformIO, in the place where `make firmware` builds them."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys

import pytest
from core_boards import FIRMWARE

from mcubench.image_layout import ImageLayout, read_layout

PROJECT = FIRMWARE.parent
CORE = PROJECT / ".pio-core"
BUILD_TIMEOUT_S = 240


def run_pio(*arguments: str, status: int = 0, **variables: str) -> str:
    """Run PlatformIO in the project, one process at a time whoever runs tests, and return what it printed."""
    if not (CORE / "packages" / "tool-scons").is_dir():
        pytest.skip("no .pio-core/packages/tool-scons: run `make setup`")
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


def build_image(environment: str) -> ImageLayout:
    """Build an environment of platformio.ini, of which nothing is compiled twice, and read the image."""
    run_pio("run", "--environment", environment)
    return read_layout(PROJECT / ".pio" / "build" / environment / "firmware.elf")
