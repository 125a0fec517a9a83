"""What would help a model that does not fit: facts about it, no promises."""

from __future__ import annotations

from collections.abc import Iterator

from mcubench.codegen.program import Program
from mcubench.codegen.source import Source
from mcubench.fit.figures import Needs
from mcubench.fit.verdict import Verdict
from mcubench.inspect.memory import plan_of_program

__all__ = ["advice"]

FLOAT, INTEGER = "float32", "int8"


def advice(verdict: Verdict, source: Source, program: Program | None, needs: Needs | None) -> list[str]:
    """Return a line for each thing that makes the need what it is; nothing if the model fits."""
    if verdict.fits is not False:
        return []
    short = {word for check in verdict.checks if check.fits is False for word in check.what.split()}
    lines = list(_int8_version(source))
    if program and (verdict.refusal or "arena" in short):
        lines.append(_peak(program))
    if needs and needs.layers and "latency" in short:
        slowest = max(needs.layers, key=lambda layer: layer.cycles)
        share = slowest.cycles / sum(layer.cycles for layer in needs.layers)
        lines.append(f"operator {slowest.index} ({slowest.op}) takes {share:.0%} of the cycles")
    return lines


def _int8_version(source: Source) -> Iterator[str]:
    """Name the int8 model beside a float32 one."""
    folder = source.file.parent
    other = folder.with_name(folder.name.replace(FLOAT, INTEGER)) / source.file.name
    if FLOAT in folder.name and other.is_file():
        size, of = other.stat().st_size, len(source.data)
        yield f"{other.parent.name} is here: its file has {size} bytes, {size / of:.0%} of this one's {of}"


def _peak(program: Program) -> str:
    """Say when the arena is fullest."""
    plan = plan_of_program(program)
    index = plan.fullest
    return f"most memory is in use at operator {index} ({program.layers[index].op}): {plan.used_bytes[index]} bytes"
