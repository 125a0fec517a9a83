"""Building firmware images that hold given models, each once for as long as no source changes."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mcubench.boards import DEFAULT_ENGINE, KnownBoard
from mcubench.deadline import Deadline
from mcubench.errors import InputError, NoImageError, RigError
from mcubench.images.project import Project
from mcubench.images.tool import ToolTimeoutError, held, run_tool
from mcubench.images.trouble import build_trouble
from mcubench.models import ARENA_FILE, Model

__all__ = ["BUILT_ENGINES", "NATIVE", "EmbeddedModel", "build_folder", "build_image", "embed_variable"]

# What is built here. TFLM needs its library in $MCUBENCH_LIB_DIR.
BUILT_ENGINES = ("generated", "tflm")
NATIVE = "native"
# TFLM's library takes two minutes on two cores.
BUILD_TIMEOUT_S = 900.0
JOBS = "2"


@dataclass(frozen=True)
class EmbeddedModel:
    """A model to build in: `path` is its folder, or a .tflite file."""

    name: str
    path: Path
    sha256: str

    @classmethod
    def of(cls, model: Model) -> EmbeddedModel:
        """Return what is built in of a model folder."""
        return cls(model.name, model.folder, model.sha256)


def build_image(
    project: Project,
    board: KnownBoard,
    engine: str,
    models: Sequence[EmbeddedModel],
    on_build: Callable[[], None],
    official: bool = False,
) -> Path:
    """Return the image of `board` with exactly these models, built if it is not there or not of today's sources.

    The order of the models does not matter. `on_build` is called before anything is compiled. An `official` image is
    that of the official PlatformIO platform, which real boards get: PlatformIO itself finds out what has changed.
    Raises NoImageError if there can be no such image, InputError if what builds it is missing, RigError if it fails.
    """
    _check_buildable(board, engine, official)
    models = _in_order(project, board.environment(engine), models)
    place = _Place.of(project, board, engine, models, official)
    fingerprint = project.fingerprint()
    with held(place.kind / "lock", Deadline.after(BUILD_TIMEOUT_S)) as lock:
        if official or not place.is_of(fingerprint):
            on_build()
            place.begin()
            build = _build_native if board.name == NATIVE else _build_with_pio
            try:
                place.take(build(project, board, engine, models, place, lock))
            except NoImageError as exc:
                place.refuse(_with_names(str(exc), models))
            place.finish(fingerprint)
    if refusal := place.refusal():
        raise NoImageError(refusal)
    return place.image


def _in_order(project: Project, environment: str, models: Sequence[EmbeddedModel]) -> list[EmbeddedModel]:
    """Return the models as platformio.ini has them, so that the build is that of `pio run`; others after, by name."""
    named = project.option(environment, "custom_models").split()
    return sorted(models, key=lambda each: (named.index(each.name) if each.name in named else len(named), each.name))


def build_folder(project: Project, board: KnownBoard, engine: str, official: bool) -> Path:
    """Return the folder of all images of a board and engine: `lock` in it is held by who builds, in `work`."""
    return project.folder / "build" / "images" / f"{board.name}-{engine}{'-official' * official}"


def embed_variable(models: Sequence[EmbeddedModel]) -> str:
    """Return the value of $MCUBENCH_EMBED that builds these models in."""
    return os.pathsep.join(str(model.path.resolve()) for model in models)


@dataclass(frozen=True)
class _Place:
    """Where one set of models became an image, or it was said why there is none: `folder`.

    `kind` is the folder of a board and engine; `work` in it is where all their images are compiled, because most of
    what they consist of is the same.
    """

    kind: Path
    folder: Path
    file_name: str
    official: bool

    @classmethod
    def of(
        cls, project: Project, board: KnownBoard, engine: str, models: Sequence[EmbeddedModel], official: bool
    ) -> _Place:
        kind = build_folder(project, board, engine, official)
        return cls(kind, kind / _key(models), "board" if board.name == NATIVE else "firmware.elf", official)

    @property
    def work(self) -> Path:
        return self.kind / "work"

    @property
    def image(self) -> Path:
        return self.folder / self.file_name

    @property
    def log(self) -> Path:
        return self.folder / "build.log"

    @property
    def _stamp(self) -> Path:
        return self.folder / "sources"

    @property
    def _refusal(self) -> Path:
        return self.folder / "refusal"

    def is_of(self, fingerprint: str) -> bool:
        """Tell whether what is here was made from sources of this fingerprint."""
        made = self.image.is_file() or self._refusal.is_file()
        return made and self._stamp.is_file() and self._stamp.read_text() == fingerprint

    def refusal(self) -> str:
        """Return why there is no image; empty if there is one."""
        return self._refusal.read_text(encoding="utf-8") if self._refusal.is_file() else ""

    def begin(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._stamp.unlink(missing_ok=True)
        self._refusal.unlink(missing_ok=True)
        self.log.write_text("")

    def refuse(self, reason: str) -> None:
        self._refusal.write_text(reason, encoding="utf-8")

    def take(self, made: Path) -> None:
        """Keep a copy of what was made. A board that runs the image that was here goes on with its own."""
        new = self.image.with_name(f".{self.file_name}")
        shutil.copy2(made, new)
        new.replace(self.image)

    def finish(self, fingerprint: str) -> None:
        self._stamp.write_text(fingerprint)


def _with_names(reason: str, models: Sequence[EmbeddedModel]) -> str:
    """Return a message with the names of the models in place of their files, which may be moved."""
    for model in models:
        path = model.path.resolve()
        reason = reason.replace(str(path / "model.tflite" if path.is_dir() else path), model.name)
    return reason


def _key(models: Sequence[EmbeddedModel]) -> str:
    """Return 12 hex digits that stand for these models and for what was recorded of their arenas."""
    digest = hashlib.sha256()
    for model in models:
        arenas = model.path / ARENA_FILE
        recorded = hashlib.sha256(arenas.read_bytes()).hexdigest() if arenas.is_file() else ""
        digest.update(f"{model.name} {model.sha256} {recorded}\n".encode())
    return digest.hexdigest()[:12]


def _check_buildable(board: KnownBoard, engine: str, official: bool) -> None:
    if engine not in board.engines:
        raise InputError(f"{board.name} cannot have the engine '{engine}'; there is {', '.join(board.engines)}")
    if official:
        return  # whether PlatformIO can is for it to say
    if engine not in BUILT_ENGINES or not (board.virtual or board.name == NATIVE):
        raise InputError(
            f"images of {board.name} with the engine {engine} are not built here; name the models in $MCUBENCH_EMBED"
            f" and run: pio run -e {board.environment(engine)}"
        )


def _build_with_pio(
    project: Project, board: KnownBoard, engine: str, models: Sequence[EmbeddedModel], place: _Place, lock: int
) -> Path:
    environment = f"{board.environment(engine)}{'' if place.official else '-local'}"
    command = [project.python, "-m", "platformio", "run", "--environment", environment, "--jobs", JOBS]
    variables = {
        "MCUBENCH_EMBED": embed_variable(models),
        "PLATFORMIO_BUILD_DIR": str(place.work),
        "PLATFORMIO_SETTING_ENABLE_TELEMETRY": "no",
    }
    _run(project, board, models, place, command, variables, lock)
    return place.work / environment / "firmware.elf"


def _build_native(
    project: Project, board: KnownBoard, engine: str, models: Sequence[EmbeddedModel], place: _Place, lock: int
) -> Path:
    assert engine == DEFAULT_ENGINE
    generated = place.work / "models"
    shutil.rmtree(generated, ignore_errors=True)  # every C file in it is compiled
    paths = [str(model.path.resolve()) for model in models]
    codegen = [project.python, "-m", "mcubench", "codegen", "--out", str(generated), *paths]
    _run(project, board, models, place, codegen, {"PYTHONPATH": str(project.folder / "host")}, lock)
    make = ["make", "--silent", "-j", JOBS, "-C", str(project.folder / "firmware" / "native"), "ENGINE=generated"]
    make += [f"GENERATED_DIR={generated}", f"OUT={place.work}"]
    _run(project, board, models, place, make, {}, lock)
    return place.work / "board"


def _run(
    project: Project,
    board: KnownBoard,
    models: Sequence[EmbeddedModel],
    place: _Place,
    command: Sequence[str],
    variables: dict[str, str],
    lock: int,
) -> None:
    try:
        status = run_tool(command, project.folder, variables, place.log, Deadline.after(BUILD_TIMEOUT_S), lock)
    except ToolTimeoutError as exc:
        raise RigError(f"building took more than {BUILD_TIMEOUT_S:.0f} s; see {place.log}") from exc
    if status != 0:
        raise build_trouble(board, ", ".join(model.name for model in models), place.log)
