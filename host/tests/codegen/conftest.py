"""Lets these tests import the modules beside them: with import-mode=importlib pytest adds no folder to the path."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
