"""Why a network is slow: what a record says of its board, flags and layers, held against what is known."""

from __future__ import annotations

from mcubench.lint.check import Checked, check_records
from mcubench.lint.finding import Finding

__all__ = ["Checked", "Finding", "check_records"]
