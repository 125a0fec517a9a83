"""`mcubench model list`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.box import SIMPLE_HEAD
from rich.table import Table

from mcubench.cli.model_lines import tensor_words
from mcubench.errors import InputError
from mcubench.models import Model, Vectors, find_models_folder, list_models, read_model, read_vectors, score
from mcubench.report import report_console

__all__ = ["command"]

UNKNOWN = "-"


@click.command("list")
@click.option("--models", "models_folder", type=click.Path(path_type=Path), help="Folder of model folders.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(models_folder: Path | None, as_json: bool) -> None:
    """List the models there are, with the scores of their golden outputs.

    Exit code 2 if one of them cannot be read; the others are listed all the same.
    """
    folder = find_models_folder(models_folder)
    rows, troubles = [], []
    for name in list_models(folder):
        try:
            model = read_model(folder / name)
            rows.append(_facts(model, read_vectors(model)))
        except InputError as exc:
            troubles.append(str(exc))
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    else:
        console = report_console()
        console.print(_table(folder, rows))
    if troubles:
        raise InputError("; ".join(troubles))


def _facts(model: Model, vectors: Vectors) -> dict[str, Any]:
    reached = None
    if model.metric is not None and vectors.labels is not None:
        reached = score(model.metric, vectors.outputs, vectors.labels, model.output)
    return {
        "name": model.name,
        "description": model.description,
        "input": tensor_words(model.input),
        "output": tensor_words(model.output),
        "parameters": model.parameters,
        "macs": model.macs,
        "file_bytes": model.tflite_path.stat().st_size,
        "vectors": len(vectors),
        "random": model.random_vectors,
        "metric": model.metric,
        "score": reached,
        "score_threshold": model.threshold,
        "licence": model.licence,
        "added": None if model.added is None else model.added.isoformat(),
    }


def _table(folder: Path, rows: list[dict[str, Any]]) -> Table:
    title = f"Models in {folder} (score: of the golden outputs)"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for heading, right in (
        *(("Name", False), ("Input", False), ("Output", False), ("Parameters", True), ("Bytes", True)),
        *(("Vectors", True), ("Score", False), ("Licence", False)),
    ):
        table.add_column(heading, justify="right" if right else "left", no_wrap=heading == "Name")
    for row in rows:
        table.add_row(
            *(row["name"], row["input"], row["output"], _whole(row["parameters"]), _whole(row["file_bytes"])),
            *(_vectors(row), _score(row), row["licence"]),
        )
    return table


def _whole(value: int | None) -> str:
    return UNKNOWN if value is None else f"{value:,}"


def _vectors(row: dict[str, Any]) -> str:
    return f"{row['vectors']:,}{' random' if row['random'] else ''}"


def _score(row: dict[str, Any]) -> str:
    return UNKNOWN if row["score"] is None else f"{row['metric']} {row['score']:.4g}"
