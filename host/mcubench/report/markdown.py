"""The report as Markdown, for a README or an issue."""

from __future__ import annotations

from collections.abc import Sequence

from mcubench.report.columns import SIZE_COLUMNS, SPEED_COLUMNS, Column, by_subject, failures, sizes
from mcubench.store import Record

__all__ = ["markdown_text"]


def markdown_text(records: Sequence[Record]) -> str:
    """Return the same tables that the terminal shows."""
    parts = [f"### {title}\n\n{_table(SPEED_COLUMNS, block)}" for title, block in by_subject(records)]
    parts.append(f"### Sizes in bytes (stack: high-water mark)\n\n{_table(SIZE_COLUMNS, sizes(records))}")
    failed = failures(records)
    if failed:
        parts.append("### Failed\n\n" + "".join(f"- {line}\n" for line in failed))
    return "\n".join(parts)


def _table(columns: Sequence[Column], records: Sequence[Record]) -> str:
    rows = [[column.heading for column in columns], ["---" if column.left else "---:" for column in columns]]
    rows += [[column.show(record).replace("|", "\\|") for column in columns] for record in records]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)
