"""The picture of the line bench: how much of the line is vectors, streamed and in lock step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["line_picture"]

WIDTH, BAR, GAP, GROUP_GAP, LEFT, TOP = 760, 15, 3, 16, 226, 58
FULL = 470  # pixels of 100 %
STREAM, LOCK_STEP = "#2a6fb0", "#c77b30"
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#333}.small{font-size:11px}.title{font-size:15px;font-weight:600}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}}"
)

Row = Mapping[str, Any]


def line_picture(rows: Sequence[Row]) -> str:
    """Return an SVG with two bars per line rate and size of vector, from the rows that `line_bench.py --json` wrote."""
    pairs = list(_pairs(rows))
    height = TOP + len(pairs) * (2 * BAR + GAP + GROUP_GAP) + 34
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}">',
        f"<style>{STYLE}</style>",
        '<text class="title" x="12" y="24">Vector bytes per second, of what the line could carry</text>',
        f'<rect x="{LEFT}" y="36" width="10" height="10" fill="{STREAM}"/><text x="{LEFT + 15}" y="46">mcubench</text>',
        f'<rect x="{LEFT + 110}" y="36" width="10" height="10" fill="{LOCK_STEP}"/>'
        f'<text x="{LEFT + 125}" y="46">lock-step hex, 62 digits a command</text>',
    ]
    y = TOP
    for ours, theirs in pairs:
        label = f"{ours['input_bytes']:,} bytes, {ours['baud']:,} bits/s"
        drawn.append(f'<text x="{LEFT - 8}" y="{y + BAR + 6}" text-anchor="end">{label}</text>')
        drawn += _bar(y, ours, STREAM)
        drawn += _bar(y + BAR + GAP, theirs, LOCK_STEP)
        y += 2 * BAR + GAP + GROUP_GAP
    drawn.append(
        f'<text class="small" x="12" y="{y + 14}">virtual STM32F746 at 216 MHz, virtual time (modelled), models that'
        " compute nearly nothing; docs/line.md</text></svg>"
    )
    return "\n".join(drawn) + "\n"


def _pairs(rows: Sequence[Row]) -> Iterator[tuple[Row, Row]]:
    """Yield what was streamed and, with the same model at the same rate, in lock step; slow lines first."""
    streamed = {(row["baud"], row["model"]): row for row in rows if row["way"] == "stream"}
    for row in sorted(rows, key=lambda row: (row["baud"], row["input_bytes"])):
        if row["way"] != "stream" and (row["baud"], row["model"]) in streamed:
            yield streamed[row["baud"], row["model"]], row


def _bar(y: int, row: Row, colour: str) -> list[str]:
    length = FULL * row["line_percent"] / 100
    rate = f"{row['line_percent']:.0f} %, {row['payload_bytes_per_s'] / 1000:,.1f} kB/s"
    inside = length > FULL / 2
    at, anchor, fill = (LEFT + length - 6, "end", ' style="fill:#fff"') if inside else (LEFT + length + 6, "start", "")
    return [
        f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR}" fill="{colour}"/>',
        f'<text class="small" x="{at:.1f}" y="{y + BAR - 4}" text-anchor="{anchor}"{fill}>{rate}</text>',
    ]
