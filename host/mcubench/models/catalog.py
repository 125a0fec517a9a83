"""Finding model folders by name."""

from __future__ import annotations

import os
from pathlib import Path

from mcubench.errors import InputError
from mcubench.models.model import MODEL_FILE, Model, read_model

__all__ = ["MODELS_VARIABLE", "find_models_folder", "folder_for_new_models", "list_models", "load_model"]

MODELS_VARIABLE = "MCUBENCH_MODELS"


def find_models_folder(folder: Path | None = None) -> Path:
    """Return the folder that holds model folders: `folder`, else $MCUBENCH_MODELS, else the nearest `models` upwards.

    Raises InputError if the one that was named, or none on the way up, holds a model.
    """
    named = folder or _from_environment()
    if named is not None:
        if not list_models(named):
            raise InputError(f"{named}: expected a folder of model folders, each with a {MODEL_FILE}; found none")
        return named
    here = Path.cwd()
    for parent in (here, *here.parents):
        if list_models(parent / "models"):
            return parent / "models"
    raise InputError(f"no models folder in {here} or above; name one with --models or ${MODELS_VARIABLE}")


def folder_for_new_models(folder: Path | None = None) -> Path:
    """Return the folder to put a model folder into: as `find_models_folder`, but it may be empty or absent."""
    named = folder or _from_environment()
    if named is not None:
        if named.exists() and not named.is_dir():
            raise InputError(f"{named}: expected a folder for model folders, found something else")
        return named
    try:
        return find_models_folder()
    except InputError:
        return Path("models")


def list_models(folder: Path) -> list[str]:
    """Return the names of the model folders in `folder`, sorted; empty if there is no such folder."""
    return sorted(path.parent.name for path in folder.glob(f"*/{MODEL_FILE}"))


def load_model(name: str, folder: Path) -> Model:
    """Read the model in `folder` that has this name, or of which alone it is a part.

    Raises InputError if no model or several fit, or if its files cannot be used (see `read_model`).
    """
    known = list_models(folder)
    fitting = [name] if name in known else [each for each in known if name in each]
    if len(fitting) == 1:
        return read_model(folder / fitting[0])
    if fitting:
        raise InputError(f"model '{name}' may be {' or '.join(fitting)}; write more of the name")
    raise InputError(f"no model '{name}' in {folder}; there are {', '.join(known) or 'none'}")


def _from_environment() -> Path | None:
    value = os.environ.get(MODELS_VARIABLE)
    return Path(value) if value else None
