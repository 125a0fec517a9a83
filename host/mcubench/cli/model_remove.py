"""`mcubench model remove`."""

from __future__ import annotations

from pathlib import Path

import click

from mcubench.errors import InputError
from mcubench.intake import remove_folder
from mcubench.models import MODEL_FILE, find_models_folder, list_models, read_model

__all__ = ["command"]


@click.command("remove")
@click.option("--models", "models_folder", type=click.Path(path_type=Path), help="Folder of model folders.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--force", is_flag=True, help="Remove one that 'model add' did not make, as those that ship.")
@click.argument("name")
def command(name: str, models_folder: Path | None, yes: bool, force: bool) -> None:
    """Remove the model folder NAME, with all that is in it; the whole name is needed."""
    folder = find_models_folder(models_folder)
    known = list_models(folder)
    if name not in known:
        raise InputError(f"no model '{name}' in {folder}; there are {', '.join(known)}")
    path = folder / name
    if not force and not _was_added(path):
        raise InputError(
            f"{path} was not made by 'mcubench model add' (no 'added' in {MODEL_FILE}); --force removes it all the same"
        )
    if path.is_symlink():
        raise InputError(f"{path} is a link; remove it where it points to")
    if not yes and not click.confirm(f"Remove {path} with its {len(list(path.iterdir()))} files?"):
        raise InputError(f"{path} was not removed")
    remove_folder(path)
    click.echo(f"removed {path}")


def _was_added(path: Path) -> bool:
    try:
        return read_model(path).added is not None
    except InputError:  # damaged, so nobody can tell
        return False
