"""Latency over CPU clock as an SVG, written by hand: it needs no plotting library and shows in any browser.

A PC has no clock that counts, so its latency is a line across.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape

from mcubench.report.columns import by_subject, clock_name
from mcubench.store import Record

__all__ = ["latency_chart"]

WIDTH, HEIGHT = 760, 440
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 20, 60
LEGEND_ROW = 16  # below the axes, a row per line
# Colours that people with any colour vision tell apart: Okabe and Ito, "Color Universal Design", 2008; the last four
# from Paul Tol's muted scheme (SRON/EPS/TN/09-002).
COLOURS = (
    *("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"),
    *("#332288", "#117733", "#882255", "#999933"),
)
# What is shown if no board has a clock.
ANY_MHZ = (100.0,)
Scale = Callable[[float], float]


def latency_chart(records: Sequence[Record]) -> str:
    """Return an SVG with a line per model, board and engine: median latency in ms over MHz, both axes logarithmic.

    Points that failed or have no known latency are left out; those with caches or options off are drawn, not joined.
    """
    series = by_subject(record for record in records if record.status == "ok" and record.latency_us_median)
    shown = [record for _, block in series for record in block]
    height = HEIGHT + LEGEND_ROW * (len(series) + 1)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif"'
        ' font-size="12">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
    ]
    if shown:
        x = _scale([_mhz(record) for record in shown if record.clock_hz] or ANY_MHZ, LEFT, WIDTH - RIGHT)
        y = _scale([_ms(record) for record in shown], HEIGHT - BOTTOM, TOP)
        parts += _axes(shown, x, y)
        for number, (title, block) in enumerate(series):
            colour = COLOURS[number % len(COLOURS)]
            clocked = [record for record in block if record.clock_hz]
            parts += _series(title, clocked, x, y, colour) if clocked else _across(title, block[0], y, colour)
            parts += _legend(title, colour, number, dashed=not clocked)
    else:
        parts.append(f'<text x="{WIDTH / 2}" y="{HEIGHT / 2}" text-anchor="middle">no point has a latency</text>')
    return "\n".join([*parts, "</svg>", ""])


def _mhz(record: Record) -> float:
    return (record.clock_hz or 0) / 1e6


def _ms(record: Record) -> float:
    return (record.latency_us_median or 0) / 1e3


def _scale(values: Sequence[float], start: float, end: float) -> Scale:
    """Return a logarithmic map of the values' range, and a little more on both sides, to `start` ... `end`."""
    low, high = math.log(min(values) * 0.85), math.log(max(values) * 1.15)
    return lambda value: start + (math.log(value) - low) / (high - low) * (end - start)


def _ticks(values: Sequence[float]) -> list[float]:
    """Return round numbers within the values' range: 1, 2, 5 times powers of ten."""
    low, high = min(values) * 0.85, max(values) * 1.15
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [step * 10.0**power for power in powers for step in (1, 2, 5) if low <= step * 10.0**power <= high]


def _axes(records: Sequence[Record], x: Scale, y: Scale) -> list[str]:
    parts = []
    for mhz in sorted({_mhz(record) for record in records if record.clock_hz}):
        parts.append(_line(x(mhz), TOP, x(mhz), HEIGHT - BOTTOM, "#eee"))
        at = f'transform="translate({x(mhz):.1f} {HEIGHT - BOTTOM + 8}) rotate(45)"'
        parts.append(f'<text {at} dominant-baseline="hanging">{mhz:g}</text>')
    for ms in _ticks([_ms(record) for record in records]):
        parts.append(_line(LEFT, y(ms), WIDTH - RIGHT, y(ms), "#ddd"))
        parts.append(f'<text x="{LEFT - 6}" y="{y(ms) + 4:.1f}" text-anchor="end">{ms:g}</text>')
    parts.append(f'<text x="{WIDTH / 2}" y="{HEIGHT - 8}" text-anchor="middle">CPU clock, MHz</text>')
    parts.append(f'<text x="16" y="{HEIGHT / 2}" text-anchor="middle" transform="rotate(-90 16 {HEIGHT / 2})">')
    parts.append("median latency, ms</text>")
    return parts


def _series(title: str, records: Sequence[Record], x: Scale, y: Scale, colour: str) -> list[str]:
    plain = [record for record in records if _is_plain(record)]
    path = " ".join(f"{x(_mhz(record)):.1f},{y(_ms(record)):.1f}" for record in plain)
    parts = [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>']
    for record in records:
        fill = colour if record in plain else "white"
        parts.append(
            f'<circle cx="{x(_mhz(record)):.1f}" cy="{y(_ms(record)):.1f}" r="4" fill="{fill}" stroke="{colour}">'
            f"{_tip(title, record)}</circle>"
        )
        if record not in plain:
            at = f'x="{x(_mhz(record)) - 8:.1f}" y="{y(_ms(record)) + 4:.1f}"'
            parts.append(f'<text {at} text-anchor="end" fill="{colour}">{escape(clock_name(record))}</text>')
    return parts


def _across(title: str, record: Record, y: Scale, colour: str) -> list[str]:
    line = _line(LEFT, y(_ms(record)), WIDTH - RIGHT, y(_ms(record)), colour, 2, dashed=True)
    return [f"<g>{_tip(title, record)}{line}</g>"]


def _tip(title: str, record: Record) -> str:
    return f"<title>{escape(f'{title}, {clock_name(record)}: {_ms(record):.2f} ms')}</title>"


def _legend(title: str, colour: str, number: int, dashed: bool) -> list[str]:
    y = HEIGHT + LEGEND_ROW * (number + 1)
    text = f'<text x="{LEFT + 28}" y="{y + 4}">{escape(title)}</text>'
    return [_line(LEFT, y, LEFT + 20, y, colour, 2, dashed), text]


def _is_plain(record: Record) -> bool:
    """Tell whether the clock's name is just a frequency, so that the point lies on the line."""
    return clock_name(record).isdigit()


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: int = 1, dashed: bool = False) -> str:
    dashes = ' stroke-dasharray="4 3"' if dashed else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"'
        f' stroke-width="{width}"{dashes}/>'
    )
