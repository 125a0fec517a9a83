"""`mcubench doctor`."""

from __future__ import annotations

import dataclasses
import json

import click
from rich.table import Table

from mcubench.doctor import Finding, examine, virtual_board_works
from mcubench.errors import RigError
from mcubench.report import report_console

__all__ = ["command"]


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def command(as_json: bool) -> None:
    """Say what is here, what is missing, and how to get it.

    Exit code 0 if a virtual board can be measured, 3 if not; what only real boards or development need may be missing.
    """
    findings = examine()
    works = virtual_board_works(findings)
    if as_json:
        print(json.dumps({"virtual_board_works": works, "findings": [dataclasses.asdict(each) for each in findings]}))
    else:
        report_console().print(_table(findings))
        print("A virtual board can be measured: make demo" if works else "A virtual board cannot be measured yet.")
    if not works:
        raise SystemExit(RigError.exit_code)


def _table(findings: list[Finding]) -> Table:
    table = Table()
    for heading in ("", "part", "found", "what to do"):
        table.add_column(heading, overflow="fold")
    for finding in findings:
        absent = "optional" if finding.optional else "[red]missing[/red]"
        mark = "[green]ok[/green]" if finding.good else absent
        table.add_row(mark, *map(_plain, (finding.part, finding.found, finding.remedy)))
    return table


def _plain(text: str) -> str:
    """Keep rich from reading `[virtual]` as markup."""
    return text.replace("[", "\\[")
