"""The report as Markdown, for a README or an issue."""

from __future__ import annotations

from collections.abc import Sequence

from mcubench.report.columns import (
    SIZE_COLUMNS,
    SIZE_TITLE,
    SPEED_COLUMNS,
    SUMMARY_COLUMNS,
    SUMMARY_TITLE,
    Column,
    details,
    disturbances,
    failures,
    footnotes,
    known_columns,
    main_points,
    sizes,
)
from mcubench.store import Record

__all__ = ["markdown_text"]


def markdown_text(records: Sequence[Record], lost: Sequence[str] = ()) -> str:
    """Return the same tables that the terminal shows; `lost` has a line for each board that was lost."""
    mains = main_points(records)
    parts = [f"### {SUMMARY_TITLE}\n\n{_table(known_columns(SUMMARY_COLUMNS, mains), mains)}"] if mains else []
    parts += [f"{line}\n" for line in footnotes(mains)]
    parts += [
        f"### {title}\n\n{_table(known_columns(SPEED_COLUMNS, block), block)}" for title, block in details(records)
    ]
    parts.append(f"### {SIZE_TITLE}\n\n{_table(known_columns(SIZE_COLUMNS, records), sizes(records))}")
    parts += [
        f"### {title}\n\n" + "".join(f"- {line}\n" for line in lines)
        for title, lines in (("Notes", disturbances(records)), ("Failed", failures(records)), ("Lost", lost))
        if lines
    ]
    return "\n".join(parts)


def _table(columns: Sequence[Column], records: Sequence[Record]) -> str:
    rows = [[column.heading for column in columns], ["---" if column.left else "---:" for column in columns]]
    rows += [[column.show(record).replace("|", "\\|") for column in columns] for record in records]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)
