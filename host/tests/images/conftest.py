"""Lets these tests import the modules of tools/: importlib mode adds no folder to the path."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tools"))  # for tflite_builder, which dense_folder uses
