"""What tests of the protocol share."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # for rated_board; importlib mode adds no folder
