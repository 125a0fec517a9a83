"""`mcubench model add`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from mcubench.cli.model_lines import engine_lines, next_command, score_line, tensor_words
from mcubench.intake import Added, Wishes, add_model
from mcubench.intake.adding import DEFAULT_COUNT, DEFAULT_SEED
from mcubench.models import METRICS, folder_for_new_models

__all__ = ["command"]

FILE = click.Path(path_type=Path)


@click.command("add")
@click.option("--vectors", type=FILE, help="Test data: .npz, .npy, .csv, or a folder of .bin files.")
@click.option("--labels", type=FILE, help="Labels in a file of their own: .npz, .npy, .csv or .txt.")
@click.option("--metric", type=click.Choice(list(METRICS)), help="What the score is.  [default: by the labels]")
@click.option("--threshold", type=float, help="Least score, or largest error.  [default: a little worse than now]")
@click.option("--name", help="Name of the model.  [default: that of the file]")
@click.option("--licence", help="Licence of the model.")
@click.option("--models", "models_folder", type=click.Path(path_type=Path), help="Folder of model folders.")
@click.option("--count", type=click.IntRange(1, 100_000), help=f"Random vectors.  [default: {DEFAULT_COUNT}]")
@click.option("--seed", type=click.IntRange(0), help=f"Of the random vectors.  [default: {DEFAULT_SEED}]")
@click.option("--force", is_flag=True, help="Replace a model folder of the same name.")
@click.option("--json", "as_json", is_flag=True, help="Print what was made as JSON.")
@click.argument("file", type=FILE)
def command(
    file: Path,
    vectors: Path | None,
    labels: Path | None,
    metric: str | None,
    threshold: float | None,
    name: str | None,
    licence: str | None,
    models_folder: Path | None,
    count: int | None,
    seed: int | None,
    force: bool,
    as_json: bool,
) -> None:
    """Make a model folder out of FILE, a .tflite model, and test data.

    Golden outputs come from TensorFlow Lite's reference kernels on this PC. Without --vectors the inputs are random,
    and there is no score. docs/models.md has all formats and rules.
    """
    wishes = Wishes(vectors, labels, metric, threshold, name, licence, count, seed, force)
    folder = folder_for_new_models(models_folder)
    console = Console(stderr=True)
    columns = (TextColumn("golden outputs"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("")
        added = add_model(file, folder, wishes, lambda done, total: progress.update(task, completed=done, total=total))
    following = next_command(added.candidate.inspection, added.description.name, models_folder)
    if as_json:
        click.echo(json.dumps(_as_dict(added, following), indent=2))
        return
    click.echo(f"{added.description.name}: made {added.folder}")
    for line in _lines(added):
        click.echo(f"  {line}")
    click.echo(f"next: {following}")


def _lines(added: Added) -> list[str]:
    candidate, description = added.candidate, added.description
    totals = candidate.inspection.totals
    macs = "unknown MACs" if totals.macs is None else f"{totals.macs:,} MACs"
    return [
        f"{tensor_words(candidate.input)} to {tensor_words(candidate.output)}, "
        f"{len(candidate.inspection.graph.operators)} operators, {totals.parameters:,} parameters, {macs},"
        f" {len(candidate.source.data):,} bytes",
        f"vectors: {len(added.vectors)}; {'; '.join(added.notes)}",
        score_line(description.metric, added.score, description.threshold),
        f"golden outputs: {description.golden.tool} {description.golden.version}, {description.golden.resolver};"
        f" an engine's may differ by {description.tolerance:g}",
        *engine_lines(candidate.inspection),
    ]


def _as_dict(added: Added, following: str) -> dict[str, Any]:
    candidate, description = added.candidate, added.description
    inspection = candidate.inspection
    totals = inspection.totals
    return {
        "name": description.name,
        "folder": str(added.folder),
        "sha256": candidate.source.sha256,
        "file_bytes": len(candidate.source.data),
        "input": vars(candidate.input),
        "output": vars(candidate.output),
        "operators": len(inspection.graph.operators),
        "parameters": totals.parameters,
        "macs": totals.macs,
        "vectors": len(added.vectors),
        "random": description.seed is not None,
        "seed": description.seed,
        "labels": added.vectors.labels is not None,
        "metric": description.metric,
        "score": added.score,
        "score_threshold": description.threshold,
        "tolerance": description.tolerance,
        "notes": list(added.notes),
        "licence": description.licence,
        "arena_bytes": inspection.plan.arena_bytes if inspection.plan.engine else None,
        "constant_bytes": inspection.constant_bytes,
        "engines": {engine: {"runs": why is None, "why": why} for engine, why in inspection.obstacles.items()},
        "next": following,
    }
