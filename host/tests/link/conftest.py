from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for played_pty; importlib mode adds no folder

from played_pty import Pty


@pytest.fixture
def pty() -> Iterator[Pty]:
    pty = Pty()
    yield pty
    if pty.master >= 0:
        pty.unplug()
