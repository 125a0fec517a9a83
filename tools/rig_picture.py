"""The picture of the rig bench: the time of the same sweep over more and more boards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["rig_picture"]

WIDTH, BAR, GAP, GROUP_GAP, LEFT, TOP = 760, 20, 8, 22, 206, 44
FULL = 330  # pixels of the longest time
COLOURS = {"scripted": "#2a6fb0"}
OTHER_COLOUR = "#c77b30"
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#333}.small{font-size:11px}.title{font-size:15px;font-weight:600}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}}"
)

Row = Mapping[str, Any]


def rig_picture(rows: Sequence[Row]) -> str:
    """Return an SVG with a bar for each row that `rig_bench.py --json` wrote."""
    longest_s = max(row["wall_s"] for row in rows)
    drawn, y, last = [], TOP, rows[0]["boards"]
    for row in rows:
        y += GROUP_GAP if row["boards"] != last else 0
        last = row["boards"]
        drawn += _bar(y, row, FULL * row["wall_s"] / longest_s)
        y += BAR + GAP
    height = y + 34
    return (
        "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}"'
                f' viewBox="0 0 {WIDTH} {height}">',
                f"<style>{STYLE}</style>",
                '<text class="title" x="12" y="24">The same sweep over more and more boards, seconds</text>',
                *drawn,
                f'<text class="small" x="12" y="{y + 18}">medians of {rows[0]["n"]}, measured on a PC with'
                f" {rows[0]['cores']} cores, on which virtual boards compute and scripted ones do not;"
                " docs/rig-scale.md</text></svg>",
            ]
        )
        + "\n"
    )


def _bar(y: int, row: Row, length: float) -> list[str]:
    middle = y + BAR - 5
    colour = COLOURS.get(row["boards"], OTHER_COLOUR)
    kind = row["boards"] if row["boards"] in COLOURS else f"virtual {row['boards']}"
    host_cpu_s = row["host_cpu_s_per_1000_points"] * row["points"] / 1000
    cost = f"{row['wall_s']:.0f} s; {row['points']:,} points, {host_cpu_s:.1f} s of the host's CPU"
    return [
        f'<text x="{LEFT - 8}" y="{middle}" text-anchor="end">{row["count"]} {kind}</text>',
        f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR}" fill="{colour}"/>',
        f'<text class="small" x="{LEFT + length + 6:.1f}" y="{middle}">{cost}</text>',
    ]
