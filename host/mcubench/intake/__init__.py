"""From a .tflite file and test data that somebody brings to a model folder."""

from __future__ import annotations

from mcubench.intake.adding import Added, Wishes, add_model
from mcubench.intake.folder import remove_folder

__all__ = ["Added", "Wishes", "add_model", "remove_folder"]
