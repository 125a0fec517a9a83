"""Firmware images with the models that are asked for: built when they are needed, kept for as long as they are good."""

from __future__ import annotations

from mcubench.images.build import BUILT_ENGINES, NATIVE, EmbeddedModel, build_folder, build_image, embed_variable
from mcubench.images.project import Project, find_project, need_project
from mcubench.images.provide import HeldModels, Provided, provide_images
from mcubench.images.tool import ToolTimeoutError, held, run_tool
from mcubench.images.trouble import last_trouble

__all__ = [
    "BUILT_ENGINES",
    "NATIVE",
    "EmbeddedModel",
    "HeldModels",
    "Project",
    "Provided",
    "ToolTimeoutError",
    "build_folder",
    "build_image",
    "embed_variable",
    "find_project",
    "held",
    "last_trouble",
    "need_project",
    "provide_images",
    "run_tool",
]
