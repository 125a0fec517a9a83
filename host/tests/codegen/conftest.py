"""Lets these tests import the modules beside them and those of tools/: importlib mode adds no folder to the path."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[2] / "tools")]
