"""`mcubench lint`: why is it slow?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.table import Table

from mcubench.cli.outputs import DEFAULT_DATABASE
from mcubench.codegen.graph import Graph
from mcubench.codegen.reader import read_graph
from mcubench.errors import InputError
from mcubench.lint import Checked, check_records
from mcubench.models import find_models_folder, list_models, read_model
from mcubench.report import report_console
from mcubench.store import Database, Record

__all__ = ["command"]


@click.command("lint")
@click.argument("run", required=False)
@click.option("--db", type=click.Path(path_type=Path, dir_okay=False), default=DEFAULT_DATABASE, show_default=True)
@click.option("--models", "folder", type=click.Path(path_type=Path, file_okay=False), help="Folder of model folders.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def command(run: str | None, db: Path, folder: Path | None, as_json: bool) -> None:
    """Tell what makes the networks of RUN slow, and what it would be worth to change that.

    RUN is a part of a run's id, and the last run is the default. The quickest point of each board, engine and model is
    looked at. Exit code 0: nothing found; 1: something was.
    """
    records = _records(db, run)
    checked = check_records(records, _Graphs(folder).find)
    if not checked:
        raise InputError(f"{db}: no point of the run succeeded, so there is nothing to look at; see 'mcubench show'")
    if as_json:
        click.echo(json.dumps([_as_dict(each) for each in checked], indent=2))
    else:
        _show(checked, report_console())
    if any(each.findings for each in checked):
        raise SystemExit(1)


def _records(db: Path, run: str | None) -> Sequence[Record]:
    if not db.is_file():
        raise InputError(f"{db}: no such database; 'mcubench sweep' makes one")
    with Database(db) as database:
        return database.records(database.find_run(run).run_id)


class _Graphs:
    """The models' graphs by the SHA-256 that records name; none where the file is not at hand."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._known: dict[str, Graph] | None = None

    def find(self, record: Record) -> Graph | None:
        if self._known is None:
            self._known = self._read()
        return self._known.get(record.model_sha256)

    def _read(self) -> dict[str, Graph]:
        try:
            folder = find_models_folder(self._folder)
        except InputError:
            if self._folder is not None:
                raise
            return {}
        found = {}
        for name in list_models(folder):
            try:
                model = read_model(folder / name)
                found[model.sha256] = read_graph(model.tflite_path.read_bytes())
            except InputError:
                continue  # another model's folder being damaged is not this run's trouble
        return found


def _show(checked: Sequence[Checked], console: Console) -> None:
    for each in checked:
        record = each.record
        console.print(
            f"[bold]{record.model}[/] on {record.board}, {record.engine}: {_conditions(record)}", soft_wrap=True
        )
        if each.findings:
            console.print(_table(each))
        else:
            console.print("  nothing to be said against it\n")


def _conditions(record: Record) -> str:
    per_mac = ""
    if record.cycles_median and record.model_macs:
        per_mac = f", {record.cycles_median / record.model_macs:.2f} cycles per MAC"
    clock = record.settings.get("name", "?")
    return f"clock {clock}, {(record.latency_us_median or 0.0) / 1e3:.3f} ms ({record.timing}){per_mac}"


def _table(checked: Checked) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("Seen", "What to do", "Times faster", "By what"):
        table.add_column(name, justify="right" if name == "Times faster" else "left")
    for finding in checked.findings:
        speedup = "-" if finding.speedup is None else f"{finding.speedup:.2f}"
        table.add_row(finding.seen, finding.advice, speedup, finding.basis)
    return table


def _as_dict(checked: Checked) -> dict[str, Any]:
    record = checked.record
    return {
        "board": record.board,
        "engine": record.engine,
        "model": record.model,
        "point_id": record.point_id,
        "timing": record.timing,
        "latency_us_median": record.latency_us_median,
        "findings": [asdict(finding) for finding in checked.findings],
    }
