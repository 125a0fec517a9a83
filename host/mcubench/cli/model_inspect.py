"""`mcubench model inspect`: what is in a .tflite file."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mcubench.codegen.source import Source, read_source
from mcubench.errors import InputError
from mcubench.inspect import Inspection, chart_lines, inspect_model, memory_chart
from mcubench.inspect.chart import LETTERS
from mcubench.models import find_models_folder, load_model
from mcubench.models.model import MODEL_FILE
from mcubench.report import report_console

__all__ = ["command"]

# Of the buffers' letters in the terminal, in turns.
STYLES = ("cyan", "yellow", "green", "magenta", "blue", "red", "bright_cyan", "bright_yellow")


@click.command("inspect")
@click.argument("model")
@click.option("--models", "folder", type=click.Path(path_type=Path, file_okay=False), help="Folder of model folders.")
@click.option("--svg", type=click.Path(path_type=Path, dir_okay=False), help="Write the memory plan as a picture.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def command(model: str, folder: Path | None, svg: Path | None, as_json: bool) -> None:
    """Show a model's operators, counts and memory: MODEL is a name, a .tflite file or a model folder."""
    inspection = inspect_model(_find(model, folder))
    if svg is not None:
        _write(svg, inspection)
    if as_json:
        click.echo(json.dumps(inspection.as_dict(), indent=2))
    else:
        _show(inspection, report_console())


def _find(model: str, folder: Path | None) -> Source:
    path = Path(model)
    if path.name == "model.tflite" and (path.parent / MODEL_FILE).is_file():
        return read_source(path.parent)
    if path.suffix == ".tflite" or path.exists():
        return read_source(path)
    return read_source(load_model(model, find_models_folder(folder)).folder)


def _write(path: Path, inspection: Inspection) -> None:
    names = [f"{operator.index} {operator.name}" for operator in inspection.graph.operators]
    title = f"{inspection.source.name}: memory plan, {inspection.plan.arena_bytes:,} bytes"
    try:
        path.write_text(memory_chart(inspection.plan, title, names), encoding="utf-8")
    except OSError as exc:
        raise InputError(f"cannot write {path}: {exc.strerror}") from exc


def _show(inspection: Inspection, console: Console) -> None:
    console.print(_operators(inspection))
    for line in _summary(inspection):
        console.print(line, highlight=False)
    console.print()
    console.print(Text("memory plan, bytes of the arena over operators", style="bold"))
    for line in chart_lines(inspection.plan, console.width):
        console.print(_coloured(line), no_wrap=True, crop=True)
    console.print(_legend(inspection))


def _operators(inspection: Inspection) -> Table:
    table = Table(title=inspection.source.name, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for name in ("", "Operator", "Output"):
        table.add_column(name)
    for name in ("Parameters", "MACs", "MACC", "Weights, B", "Alive, B"):
        table.add_column(name, justify="right")
    tensors = inspection.graph.tensors
    for operator, count, used in zip(
        inspection.graph.operators, inspection.counts, inspection.plan.used_bytes, strict=True
    ):
        activation = operator.options.activation
        name = operator.name if activation == "NONE" else f"{operator.name} + {activation}"
        outputs = [tensors[index] for index in operator.outputs if index >= 0]
        table.add_row(
            str(operator.index),
            name,
            ", ".join(f"{tensor.type} {'x'.join(map(str, tensor.shape))}" for tensor in outputs),
            *(_number(value) for value in (count.parameters, count.macs, count.macc, count.weight_bytes, used)),
        )
    totals = inspection.totals
    table.add_section()
    table.add_row(
        *("", "all", ""),
        *(_number(value) for value in (totals.parameters, totals.macs, totals.macc, totals.weight_bytes)),
        _number(max(inspection.plan.used_bytes)),
    )
    return table


def _macc_line(inspection: Inspection) -> str:
    totals = inspection.totals
    if totals.macc is None:
        without = sorted({count.op for count in inspection.counts if count.macc is None})
        return f"MACC as ST counts: unknown, because it is not known for {', '.join(without)}"
    return f"MACC as ST counts: {totals.macc:,}, and {_number(totals.macc_dense_biases)} with dense layers' biases"


def _summary(inspection: Inspection) -> list[str]:
    plan = inspection.plan
    peak = inspection.peak_operator
    lines = [
        f"file: {len(inspection.source.data):,} bytes, sha256 {inspection.source.sha256}",
        _macc_line(inspection),
        f"peak activation memory: {inspection.peak_activation_bytes:,} bytes of tensors",
    ]
    if plan.engine:
        lines.append(
            f"generated engine: {_number(inspection.constant_bytes)} bytes of constants, arena of {plan.arena_bytes:,} "
            f"bytes (fullest at operator {peak.index}, {peak.name})"
        )
    lines += [
        f"{engine}: {'can run it' if why is None else f'cannot run it: {why}'}"
        for engine, why in inspection.obstacles.items()
        if why is not None or engine != plan.engine
    ]
    return lines


def _legend(inspection: Inspection) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("", "Buffer", "Shape"):
        table.add_column(name)
    for name in ("Bytes", "At", "Operators"):
        table.add_column(name, justify="right")
    shapes = {f"tensor {tensor.index}": f"{tensor.type} {list(tensor.shape)}" for tensor in inspection.graph.tensors}
    for number, each in enumerate(inspection.plan.placements):
        letter = LETTERS[number % len(LETTERS)]
        first, last = max(each.buffer.first, 0), min(each.buffer.last, inspection.plan.operators - 1)
        table.add_row(
            Text(letter, style=_style(letter)),
            each.buffer.name,
            shapes.get(each.buffer.name, ""),
            f"{each.buffer.size:,}",
            f"{each.offset:,}",
            f"{first}" if first == last else f"{first} to {last}",
        )
    return table


def _coloured(line: str) -> Text:
    text = Text(line)
    edge = line.find("|")
    for position in range(edge + 1 if edge >= 0 else len(line), len(line)):
        if line[position] in LETTERS:
            text.stylize(_style(line[position]), position, position + 1)
    return text


def _style(letter: str) -> str:
    return STYLES[LETTERS.index(letter) % len(STYLES)]


def _number(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"
