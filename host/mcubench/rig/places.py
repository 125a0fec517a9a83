"""In which line of a rig file a key stands: tomllib gives the values without their places."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Places", "find_places"]

BOARD_HEADER = re.compile(r"\s*\[\[\s*[\"']?boards[\"']?\s*\]\]")
OTHER_HEADER = re.compile(r"\s*\[")
KEY = re.compile(r"\s*(?:\"([^\"]+)\"|'([^']+)'|([A-Za-z0-9_-]+))\s*[=.]")
# What ends a string over several lines, in which it may begin: up to two more quotes belong to the string.
ENDS = {'"""': re.compile(r'(?:\\.|[^\\])*?"{3,5}'), "'''": re.compile(r".*?'{3,5}")}
# What decides where a value ends. A quote whose partner is missing in its line is no valid TOML, so it is not met here.
TOKEN = re.compile(r'"""|\'\'\'|"(?:\\.|[^"\\])*"|\'[^\']*\'|#.*|[\[\]{}]')


@dataclass
class Places:
    """Lines of the keys of each `[[boards]]`, with its header under the key None, and of the keys outside of them."""

    boards: list[dict[str | None, int]] = field(default_factory=list)
    others: dict[str, int] = field(default_factory=dict)

    def of_board(self, index: int, key: str | None = None) -> int:
        """Return the line of a board's key; that of its header if the key is not there, or not in a form known here."""
        if index < len(self.boards):
            lines = self.boards[index]
            return lines.get(key, lines[None])
        return self.of_other("boards")

    def of_other(self, key: str) -> int:
        """Return the line of a key or table that belongs to no board."""
        return self.others.get(key, 1)


def find_places(text: str) -> Places:
    """Go over a valid TOML text and note where its keys are; inline tables count as one value."""
    places = Places()
    lines: dict[Any, int] = places.others
    closing, depth = "", 0
    for number, line in enumerate(text.split("\n"), 1):
        if not closing and not depth:
            if BOARD_HEADER.match(line):
                lines = {None: number}
                places.boards.append(lines)
                continue
            if OTHER_HEADER.match(line):
                lines = {}  # of no interest
                name = line.strip().strip("[] ").partition(".")[0].strip(" \"'")
                places.others.setdefault(name, number)
                continue
            if match := KEY.match(line):
                name = next(group for group in match.groups() if group)
                lines.setdefault(name, number)
        closing, depth = _after(line, closing, depth)
    return places


def _after(line: str, closing: str, depth: int) -> tuple[str, int]:
    """Return which quotes and how many brackets are still open after a line that began with so many."""
    at = 0
    while at < len(line):
        if closing:
            end = ENDS[closing].match(line, at)
            if end is None:
                return closing, depth
            at, closing = end.end(), ""
            continue
        token = TOKEN.search(line, at)
        if token is None:
            break
        at = token.end()
        if token[0] in ('"""', "'''"):
            closing = token[0]
        elif token[0] in "[{":
            depth += 1
        elif token[0] in "]}":
            depth -= 1
    return closing, depth
