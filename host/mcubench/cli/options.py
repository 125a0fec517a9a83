"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from mcubench.errors import InputError

__all__ = ["model_options", "split_words"]


def model_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --model, which reaches the command as a tuple `models`, and --models as `models_folder`."""
    folder = click.option("--models", "models_folder", type=click.Path(path_type=Path), help="Folder of model folders.")
    return click.option(
        "--model", "models", multiple=True, required=True, help="A model folder's name; several with commas."
    )(folder(function))


def split_words(values: Sequence[str]) -> list[str]:
    """Return the words between commas, each once, in order; InputError if one is empty."""
    words = [word.strip() for value in values for word in value.split(",")]
    if "" in words:
        raise InputError(f"an empty name in '{','.join(values)}'")
    return list(dict.fromkeys(words))
