"""Boards of a rig run the firmware to test before their first test: built once per kind, flashed where it is not."""

from __future__ import annotations

from pathlib import Path

from mcubench.errors import InputError, RigError
from mcubench.flash import Action, BoardKind, Built, build, flash_board, given
from mcubench.images import find_project
from mcubench.pytest_plugin.rig import Rig
from mcubench.rig import Attachment, RigBoard

__all__ = ["Flasher"]


class Flasher:
    """Flashes each board once in a session, as --no-flash, --force-flash and --firmware say."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._built: dict[BoardKind, Built] = {}
        self._done: set[str] = set()

    def prepare(self, board: RigBoard) -> Built | None:
        """Return what a board is to be flashed with now; None if it is to stay as it is, which is noted.

        InputError if there can be no such image.
        """
        if board.name in self._done or self._rig.config.getoption("--no-flash"):
            return None
        project, firmware = find_project(), self._rig.config.getoption("--firmware")
        if project is None:
            if firmware:
                raise InputError(
                    f"--firmware {firmware}: uploading it needs the folder of platformio.ini, as here or"
                    " above; or --no-flash"
                )
            self._rig.note("boards were not flashed: there is no platformio.ini of mcubench here or above")
            return None
        try:
            kind = BoardKind.of(board)
            if not firmware:
                kind.known  # noqa: B018 - refuses a board that there is no firmware for
        except InputError as exc:
            self._rig.note(f"{board.name} was not flashed: {exc}")
            return None
        if firmware:
            return given(project, Path(firmware), [board])
        if kind not in self._built:
            try:
                self._built[kind] = build(project, kind)
            except RigError as exc:  # the compiler's, not the board's
                raise InputError(f"firmware for {board.name} cannot be built: {exc}") from exc
        return self._built[kind]

    def flash(self, attachment: Attachment, built: Built) -> None:
        """Bring an image into a board that is in use, unless it runs it already; FlashError if that fails."""
        name = attachment.board.name
        force = self._rig.config.getoption("--force-flash")
        outcome = flash_board(attachment, built, force, self._rig.log_dir / f"{name}.flash.log")
        self._done.add(name)
        if outcome.action is Action.FLASHED:
            self._rig.note(f"{name} was flashed with build {outcome.build_id} in {outcome.took_s:.0f} s")
