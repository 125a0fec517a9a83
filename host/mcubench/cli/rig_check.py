"""`mcubench rig check`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from mcubench.cli.on_rig import rig_option
from mcubench.cli.options import split_words
from mcubench.errors import RigError
from mcubench.report import report_console
from mcubench.rig import load_rig
from mcubench.rig.check import Checked, Verdict, check_boards

__all__ = ["command"]


@click.command("check")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@rig_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(names: tuple[str, ...], rig_file: Path | None, as_json: bool) -> int:
    """Ask boards of the rig file who they are: names, their beginnings, kinds; without any all that are connected.

    A board that was latched broken and answers as it should is unlatched. Exit code 3: not all of them did.
    """
    boards = load_rig(rig_file).select(split_words(names))
    left = {board.name for board in boards}
    console = Console(stderr=True)
    with console.status("") as status:

        def show(checked: Checked) -> None:
            left.discard(checked.board.name)
            status.update(f"waiting for {', '.join(sorted(left))}")

        status.update(f"waiting for {', '.join(sorted(left))}")
        found = check_boards(boards, show)
    if as_json:
        print(json.dumps([_as_dict(each) for each in found]))
    else:
        width = max(len(board.name) for board in boards)
        report = report_console()
        for each in found:
            line = Text(f"{each.board.name:{width}}  {_text(each)}")
            if report.is_terminal and each.verdict is Verdict.OK:
                report.print(line, no_wrap=True, overflow="ellipsis")
            else:  # what is wrong is never cut
                report.print(line, soft_wrap=True)
    return 0 if all(each.verdict is Verdict.OK for each in found) else RigError.exit_code


def _text(checked: Checked) -> str:
    info = checked.info
    if checked.verdict is not Verdict.OK or info is None:
        return f"{checked.verdict}: {checked.why}"
    unlatched = f"; unlatched, it was latched broken: {checked.was_latched}" if checked.was_latched else ""
    return f"ok: {info.board}, id {info.uid}, {info.engine}, build {info.build_id}{unlatched}"


def _as_dict(checked: Checked) -> dict[str, Any]:
    info = checked.info
    return {
        "name": checked.board.name,
        "verdict": checked.verdict,
        "why": checked.why or None,
        "board": info.board if info else None,
        "id": info.uid if info else None,
        "engine": info.engine if info else None,
        "build": info.build_id if info else None,
        "was_latched": checked.was_latched,
    }
