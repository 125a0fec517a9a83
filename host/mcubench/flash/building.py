"""The image for each kind of board, and what tells it from others: built once, whichever boards it goes into."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mcubench.boards import DEFAULT_ENGINE, KNOWN_BOARDS, KnownBoard
from mcubench.errors import InputError, WrongImageError
from mcubench.image_mark import ImageMark, read_mark
from mcubench.images import EmbeddedModel, Project, build_image
from mcubench.models import load_model
from mcubench.rig import RigBoard

__all__ = ["NOT_FLASHED", "BoardKind", "Built", "build", "given"]


# The PC has no flash; the bare core has no room for the protocol, so that nothing would tell whether it was flashed.
NOT_FLASHED = ("native", "python", "cortex-m0")


@dataclass(frozen=True)
class BoardKind:
    """Boards that take the same image. `board` is what the firmware calls itself.

    A virtual board gets what the compiler of this machine makes of it, a real one what the official platform makes.
    """

    board: str
    is_virtual: bool

    @classmethod
    def of(cls, board: RigBoard) -> BoardKind:
        """Return the kind of a board of a rig."""
        return cls(board.board, board.is_virtual)

    def environment(self, engine: str) -> str:
        """Return the PlatformIO environment that builds for it and uploads to it."""
        return f"{self.known.environment(engine)}{'-local' if self.is_virtual else ''}"

    @property
    def known(self) -> KnownBoard:
        """What is known of such boards; InputError if there is no firmware for them."""
        flashable = [each for each in KNOWN_BOARDS if self._can_be(each)]
        for known in flashable:
            if known.name == self.board:
                return known
        kinds = ", ".join(each.name for each in flashable)
        raise InputError(
            f"there is no firmware for a {'virtual ' * self.is_virtual}board '{self.board}'; there is for {kinds}"
        )

    def _can_be(self, known: KnownBoard) -> bool:
        return known.name not in NOT_FLASHED and (known.virtual or not self.is_virtual)


@dataclass(frozen=True)
class Built:
    """An image, the environment that uploads it, and what a board that runs it answers.

    `models` are what is in it, None if that is not known: somebody else built it.
    """

    project: Project
    kind: BoardKind
    engine: str
    elf: Path
    build_id: str
    models: tuple[EmbeddedModel, ...] | None

    @property
    def environment(self) -> str:
        """The PlatformIO environment that uploads it."""
        return self.kind.environment(self.engine)

    def check_fits(self, board: RigBoard) -> None:
        """Raise WrongImageError if it is no image for this board."""
        if BoardKind.of(board) != self.kind:
            raise WrongImageError(f"{self.elf}: is an image for {self.kind.board}; {board.name} is {board.board}")


def build(
    project: Project,
    kind: BoardKind,
    engine: str = DEFAULT_ENGINE,
    models: Sequence[EmbeddedModel] = (),
    on_build: Callable[[], None] = lambda: None,
) -> Built:
    """Return the image of a kind of board with these models, or with those of platformio.ini if there are none.

    `on_build` is called before anything is compiled. Raises InputError, NoImageError if there can be no such image,
    RigError if building fails.
    """
    chosen = tuple(models) or _models_of(project, kind.environment(engine))
    elf = build_image(project, kind.known, engine, chosen, on_build, official=not kind.is_virtual)
    return Built(project, kind, engine, elf, _mark_of(elf).build_id, chosen)


def given(project: Project, elf: Path, boards: Sequence[RigBoard]) -> Built:
    """Return an image that somebody built, for boards; WrongImageError if it says that it is for others."""
    mark = _mark_of(elf)
    for board in boards:
        if board.board != mark.board:
            raise WrongImageError(
                f"{elf}: is an image for {mark.board}, but {board.name} is {board.board}; nothing was written"
            )
    kinds = {BoardKind.of(board) for board in boards}
    if len(kinds) != 1:
        raise InputError(f"{elf}: virtual boards and real ones are flashed one after the other; name either")
    kind = kinds.pop()
    return Built(project, kind, DEFAULT_ENGINE, elf, mark.build_id, None)


def _mark_of(elf: Path) -> ImageMark:
    mark = read_mark(elf)
    if mark is None:
        raise InputError(f"{elf}: does not say which board it is for; give the ELF file of a build of today's firmware")
    return mark


def _models_of(project: Project, environment: str) -> tuple[EmbeddedModel, ...]:
    names = project.option(environment, "custom_models")
    if not names.strip() or "$" in names:
        raise InputError(f"platformio.ini names no models for {environment}; name them with --model")
    return tuple(EmbeddedModel.of(load_model(name, project.folder / "models")) for name in names.split())
