"""Which images a board needs so that all the models asked for can run on it: one, or several one after the other."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mcubench.boards import DEFAULT_ENGINE, KnownBoard, find_image, find_native_program
from mcubench.errors import InputError, NoImageError
from mcubench.images.build import BUILT_ENGINES, NATIVE, EmbeddedModel, build_image
from mcubench.images.project import Project, find_project
from mcubench.models import Model

__all__ = ["HeldModels", "Provided", "provide_images"]

# About what kernels, protocol and start-up code take of the flash; less on a small board, which has no protocol.
CODE_BYTES = 48 << 10
CODE_SHARE = 4


@dataclass(frozen=True)
class HeldModels:
    """An image, and those of the models asked for that are to be run with it."""

    image: Path
    models: tuple[Model, ...]


@dataclass(frozen=True)
class Provided:
    """The images that hold the models, and why there is none for those that are in no image."""

    images: tuple[HeldModels, ...]
    refused: dict[str, str]


def provide_images(board: KnownBoard, engine: str, models: Sequence[Model], tell: Callable[[str], None]) -> Provided:
    """Return images of `board` that hold `models`: what `make firmware` built if it has all, else built ones.

    `tell` gets a line before each build. Raises InputError if images are neither here nor can be built.
    """
    default = _default_image(board, engine)
    project = find_project()
    if default and (project is None or engine not in BUILT_ENGINES or holds(default, models)):
        return Provided((HeldModels(default, tuple(models)),), {})
    if project is None or engine not in BUILT_ENGINES:
        _find(board, engine)  # which says what is missing
    assert project is not None
    packing = _Packing(project, board, engine, tell)
    for group in _groups(models, board.flash_bytes):
        packing.add(group)
    return Provided(tuple(packing.images), packing.refused)


def holds(image: Path, models: Sequence[Model]) -> bool:
    """Tell whether an image has these very models: the name and SHA-256 of each are in it as text.

    The firmware answers `models` with them. The same file may have been added under another name.
    """
    content = image.read_bytes()
    texts = [f"{text}\0".encode() for model in models for text in (model.name, model.sha256)]
    return all(text in content for text in texts)


class _Packing:
    """Images built so far; models that do not fit together are built by halves."""

    def __init__(self, project: Project, board: KnownBoard, engine: str, tell: Callable[[str], None]) -> None:
        self._project = project
        self._board = board
        self._engine = engine
        self._tell = tell
        self.images: list[HeldModels] = []
        self.refused: dict[str, str] = {}

    def add(self, models: Sequence[Model]) -> None:
        """Build images that hold `models`, and note those of which there can be none."""
        names = ", ".join(model.name for model in models)
        engine = "" if self._engine == DEFAULT_ENGINE else f" ({self._engine})"

        def on_build() -> None:
            self._tell(f"building {self._board.name}{engine} with {names} ...")

        try:
            embedded = [EmbeddedModel.of(model) for model in models]
            image = build_image(self._project, self._board, self._engine, embedded, on_build)
        except NoImageError as exc:
            self._add_parts(models, str(exc))
        else:
            self.images.append(HeldModels(image, tuple(models)))

    def _add_parts(self, models: Sequence[Model], reason: str) -> None:
        """Go on without the one model that is named as what is wrong, else with each half."""
        named = models if len(models) == 1 else [each for each in models if reason.startswith(f"{each.name}: ")]
        if len(named) == 1:
            self.refused[named[0].name] = reason.removeprefix(f"{named[0].name}: ")
            parts = [[model for model in models if model is not named[0]]]
        else:
            parts = [list(models[: len(models) // 2]), list(models[len(models) // 2 :])]
        for part in filter(None, parts):
            self.add(part)


def _groups(models: Sequence[Model], flash_bytes: int | None) -> list[list[Model]]:
    """Return the models in groups that may fit the flash together, as far as the size of their files tells.

    No two of a group have the same name in C, where `a-b` and `a.b` are `a_b`.
    """
    for_models = math.inf if flash_bytes is None else flash_bytes - min(CODE_BYTES, flash_bytes // CODE_SHARE)
    groups: list[list[Model]] = []
    for model in models if flash_bytes is None else sorted(models, key=_file_bytes, reverse=True):
        room = for_models - _file_bytes(model)
        fitting = next(
            (
                group
                for group in groups
                if sum(map(_file_bytes, group)) <= room and _name_in_c(model) not in map(_name_in_c, group)
            ),
            None,
        )
        if fitting is None:
            groups.append([model])
        else:
            fitting.append(model)
    return groups


def _name_in_c(model: Model) -> str:
    return re.sub("[^a-z0-9]+", "_", model.name).strip("_")


def _file_bytes(model: Model) -> int:
    return model.tflite_path.stat().st_size


def _default_image(board: KnownBoard, engine: str) -> Path | None:
    try:
        return _find(board, engine)
    except InputError:
        return None


def _find(board: KnownBoard, engine: str) -> Path:
    return find_native_program() if board.name == NATIVE else find_image(board, engine)
