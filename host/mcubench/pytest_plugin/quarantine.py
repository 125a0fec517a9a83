"""Tests that are known to fail now and then: they run, and their failures do not fail the session."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

__all__ = ["QuarantineList", "read_quarantine_list"]


class QuarantineList:
    """Lines of a file: ids of tests, with or without their parameters, or globs of ids."""

    def __init__(self, path: Path, entries: Sequence[str]) -> None:
        self.path = path
        self.entries = list(dict.fromkeys(entries))

    def holds(self, test: str) -> bool:
        """Whether a test is in quarantine."""
        return any(_fits(entry, test) for entry in self.entries)

    def unknown(self, tests: Sequence[str], root: Path) -> list[str]:
        """Return the entries that name no test: their file is not there, or was collected and has none of that name."""
        files = {test.partition("::")[0] for test in tests}
        return [
            entry
            for entry in self.entries
            if not any(_fits(entry, test) for test in tests) and not _is_elsewhere(entry, files, root)
        ]


def read_quarantine_list(config: pytest.Config) -> QuarantineList | None:
    """Return the list of --quarantine-list, None without; UsageError if it cannot be read."""
    named = config.getoption("--quarantine-list")
    if not named:
        return None
    path = Path(named)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        why = exc.strerror if isinstance(exc, OSError) else "not text in UTF-8"
        raise pytest.UsageError(f"--quarantine-list {path}: cannot be read: {why}") from exc
    return QuarantineList(path, [entry for line in lines if (entry := line.partition("#")[0].strip())])


def _fits(entry: str, test: str) -> bool:
    # Parameters are in brackets, which mean something else in a glob.
    return entry in (test, test.partition("[")[0]) or fnmatchcase(test, entry)


def _is_elsewhere(entry: str, files: set[str], root: Path) -> bool:
    """Whether an entry's file is there but was not collected, so that its tests are not known."""
    file = entry.partition("::")[0]
    if "*" in file or "?" in file:
        found = {path.relative_to(root).as_posix() for path in root.glob(file.lstrip("/") or "*")}
    else:
        found = {file} if (root / file).is_file() else set()
    return bool(found) and not found & files
