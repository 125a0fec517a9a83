"""The boards of a bench rig: where each is, who uses it, and whether it still works."""

from __future__ import annotations

from mcubench.rig.attachment import Attachment
from mcubench.rig.entry import VIRTUAL_RUNNER, RigBoard

__all__ = ["VIRTUAL_RUNNER", "Attachment", "RigBoard"]
