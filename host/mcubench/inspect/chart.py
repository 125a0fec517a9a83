"""The memory plan as a picture: buffers over operators, addresses upwards, in the terminal and as SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from mcubench.codegen import Placement
from mcubench.inspect.memory import MemoryPlan

__all__ = ["LETTERS", "chart_lines", "memory_chart"]

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ROWS = 16
MARGIN = 10  # for the addresses at the left of the terminal's chart
WIDEST_COLUMN = 5
# Okabe and Ito, "Color Universal Design", 2008, lightened so that black text can be read on them.
FILLS = ("#7fb8d8", "#eaae7f", "#7fceb9", "#e5bcd3", "#f2cf7f", "#aad9f4", "#c8c8c8", "#f7f1a0")
WIDTH, HEIGHT = 800, 400
LEFT, RIGHT, TOP, BOTTOM = 70, 90, 30, 130


def chart_lines(plan: MemoryPlan, width: int) -> list[str]:
    """Return the plan as lines of at most `width` characters: a column per operator, a letter per buffer.

    Where there are more operators than columns, a column shows the first of several.
    """
    shown = min(plan.operators, max(1, width - MARGIN))
    column = max(1, min(WIDEST_COLUMN, (width - MARGIN) // shown))
    operators = [index * plan.operators // shown for index in range(shown)]
    rows = min(ROWS, max(1, plan.arena_bytes))
    lines = []
    for row in reversed(range(rows)):
        middle = (row + 0.5) * plan.arena_bytes / rows
        cells = "".join(_letter(plan.placements, operator, middle) * column for operator in operators)
        label = (
            f"{math.ceil((row + 1) * plan.arena_bytes / rows):>8,} " if row in (rows - 1, rows // 2 - 1) else " " * 9
        )
        lines.append(f"{label}|{cells}".rstrip())
    lines.append(f"{0:>8} +{'-' * (column * shown)}")
    if column >= len(str(plan.operators - 1)) + 1:
        lines.append(" " * MARGIN + "".join(f"{operator:<{column}}" for operator in operators).rstrip())
    return lines


def _letter(placements: Sequence[Placement], operator: int, address: float) -> str:
    """Return the letter of the buffer at an address, the youngest of those in one place; a blank where none is."""
    found = " "
    for number, each in enumerate(placements):
        if each.buffer.first <= operator <= each.buffer.last and each.offset <= address < each.end:
            found = LETTERS[number % len(LETTERS)]
    return found


def memory_chart(plan: MemoryPlan, title: str, operators: Sequence[str]) -> str:
    """Return an SVG with a rectangle per buffer; `operators` are the names below the columns."""
    step = (WIDTH - LEFT - RIGHT) / max(1, plan.operators)
    scale = (HEIGHT - TOP - BOTTOM) / max(1, plan.arena_bytes)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif"'
        ' font-size="11">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{WIDTH / 2}" y="18" text-anchor="middle" font-size="13">{escape(title)}</text>',
    ]
    for address in _round_steps(plan.arena_bytes):
        y = HEIGHT - BOTTOM - address * scale
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{address:,}</text>')
    for number, each in enumerate(plan.placements):
        parts += _rectangle(plan, each, number, step, scale)
    for index, name in enumerate(operators):
        at = f"translate({LEFT + (index + 0.5) * step:.1f} {HEIGHT - BOTTOM + 10}) rotate(45)"
        parts.append(f'<text transform="{at}">{escape(name)}</text>')
    parts.append(f'<text x="14" y="{HEIGHT / 2}" text-anchor="middle" transform="rotate(-90 14 {HEIGHT / 2})">')
    return "\n".join([*parts, "bytes of the arena</text>", "</svg>", ""])


def _rectangle(plan: MemoryPlan, each: Placement, number: int, step: float, scale: float) -> list[str]:
    first, last = max(each.buffer.first, 0), min(each.buffer.last, plan.operators - 1)
    x, width = LEFT + first * step, (last - first + 1) * step
    y, height = HEIGHT - BOTTOM - each.end * scale, each.buffer.size * scale
    box = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    tip = f"{each.buffer.name}: {each.buffer.size:,} bytes at {each.offset:,}"
    parts = [
        f'<rect {box} fill="{FILLS[number % len(FILLS)]}" fill-opacity="0.8" stroke="#555">'
        f"<title>{escape(tip)}</title></rect>"
    ]
    if height >= 12 and width >= 7 * len(each.buffer.name):
        at = f'x="{x + width / 2:.1f}" y="{y + height / 2 + 4:.1f}"'
        parts.append(f'<text {at} text-anchor="middle">{escape(each.buffer.name)}</text>')
    return parts


def _round_steps(end: int) -> range:
    """Return up to nine round addresses from 0 to `end`."""
    steps = (digit * 10**power for power in range(12) for digit in (1, 2, 5))
    return range(0, end + 1, next(step for step in steps if end / step <= 8))
