"""The boards of a sweep, each with an image that holds the models: the one that is there, or one that is built."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import click

from mcubench.boards import BoardAddress, ImageTarget, image_target, number_boards, parse_board, parse_port
from mcubench.cli.connect import check_named, with_line_faults
from mcubench.errors import InputError, UnreachableError
from mcubench.images import provide_images
from mcubench.measure.plan import MAIN_CLOCK
from mcubench.models import Model
from mcubench.rig import RigBoard, find_board_port, is_labgrid
from mcubench.store import Record, point_id

__all__ = ["ImageRun", "SweptBoard", "refused_records", "swept_boards"]


@dataclass(frozen=True)
class ImageRun:
    """A board with one of its images, and the models that are measured there.

    Where a board of a rig is turns out when it is used; of its `address` engine and line faults are known.
    """

    address: BoardAddress
    models: tuple[Model, ...]


@dataclass(frozen=True)
class SweptBoard:
    """A board as it was named: a run for each image that it needs, one after the other.

    `target` is None for a board whose image is not ours to choose. `refused` says why there is no image, by the names
    of the models that are in none. `number` is as `number_boards` says; no two boards of a sweep have the same `title`.
    `rig_board` is None for a board that is in no rig file.
    """

    name: str
    runs: tuple[ImageRun, ...]
    target: ImageTarget | None = None
    refused: Mapping[str, str] = field(default_factory=dict)
    number: int | None = None
    title: str = ""
    rig_board: RigBoard | None = None

    @property
    def address(self) -> BoardAddress:
        """The address of the first image; of a board that has none, one that tells which board it is."""
        engine = self.target.engine if self.target else None
        return self.runs[0].address if self.runs else BoardAddress(self.name, command=(), engine=engine)


def swept_boards(
    boards: Sequence[str],
    ports: Sequence[str],
    firmware: Path | None,
    engine: str | None,
    models: Sequence[Model],
    line_faults: Sequence[str],
    rig_boards: Sequence[RigBoard] = (),
) -> list[SweptBoard]:
    """Return the boards that the options name, those of a rig and --board first; images that are not there are built.

    Raises InputError if they name none or one twice, or if one can neither be found nor built.
    """
    if boards or ports or not rig_boards:
        check_named(boards, ports, firmware)
    _check_ports(ports, rig_boards)
    targets = [None if firmware else image_target(board, engine) for board in boards]
    folders = [model.folder for model in models]

    def run(address: BoardAddress, held: Sequence[Model] = models) -> ImageRun:
        return ImageRun(with_line_faults(address, line_faults), tuple(held))

    def with_image(board: str, target: ImageTarget) -> SweptBoard:
        provided = provide_images(target.board, target.engine, models, _tell)
        runs = [run(parse_board(board, held.image, target.engine), held.models) for held in provided.images]
        return SweptBoard(target.name, tuple(runs), target, provided.refused)

    def as_it_is(address: BoardAddress) -> SweptBoard:
        return SweptBoard(address.name, (run(address),))

    swept = [
        with_image(board, target) if target else as_it_is(parse_board(board, firmware, engine, folders))
        for board, target in zip(boards, targets, strict=True)
    ]
    swept += [as_it_is(parse_port(port, engine)) for port in ports]
    names = [board.name for board in swept]
    numbers = number_boards([board.address for board in swept])
    numbered = [
        replace(board, number=number, title=f"{board.name} ({place})" if names.count(board.name) > 1 else board.name)
        for place, (board, number) in enumerate(zip(swept, numbers, strict=True), 1)
    ]
    return [_of_rig(board, run(BoardAddress(board.name, engine=engine))) for board in rig_boards] + numbered


def _check_ports(ports: Sequence[str], rig_boards: Sequence[RigBoard]) -> None:
    """Raise InputError if a port is that of a board of the rig: it opens once."""
    named = {os.path.realpath(parse_port(port).port or port): port for port in ports}
    for board in rig_boards if named else ():
        with contextlib.suppress(UnreachableError):  # told when it is used
            place = None if is_labgrid(board) else named.get(os.path.realpath(find_board_port(board)))
            if place:
                raise InputError(f"--port {place} and --board {board.name} are the same board; leave one of them out")


def _of_rig(board: RigBoard, run: ImageRun) -> SweptBoard:
    return SweptBoard(board.name, (run,), title=board.name, rig_board=board)


def refused_records(board: SweptBoard, models: Sequence[Model], run_id: str) -> list[Record]:
    """Return a failed record for each model that no image of the board can hold, in the place of its main clock.

    What boards tell of themselves is empty there: none was asked.
    """
    if board.target is None:
        return []
    target = board.target
    name = target.board.name if board.number is None else f"{target.board.name}.{board.number}"
    return [
        Record(
            run_id=run_id,
            point_id=point_id(name, target.engine, model.name, MAIN_CLOCK),
            started_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            status="failed",
            error=board.refused[model.name],
            address=target.name,
            board=target.board.name,
            core="",
            board_uid="",
            engine=target.engine,
            engine_version="",
            model=model.name,
            model_sha256=model.sha256,
            model_macs=model.macs,
            firmware_build="",
            toolchain="",
            flags="",
            main_clock=True,
            timing="modelled" if target.board.virtual else "measured",
        )
        for model in models
        if model.name in board.refused
    ]


def _tell(line: str) -> None:
    click.echo(line, err=True)
