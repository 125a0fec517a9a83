"""The PC as a board, alone or several on a rig, and pytest runs of their own on it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcubench.boards import ChildBoard

# Everything that is turned on in this repository, so that the plugin is seen to be clean.
STRICT = """
[pytest]
addopts = --strict-markers --strict-config --import-mode=importlib -p no:cacheprovider
filterwarnings = error
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """An empty suite with our settings, and locks and latches of its own. Runs are processes, as a user's are."""
    monkeypatch.setenv("MCUBENCH_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("MCUBENCH_RIG", raising=False)
    pytester.makeini(STRICT)
    return pytester


@pytest.fixture
def run_on_board(suite: pytest.Pytester, echo_program: Path):
    """Write a test file and run it on a native board."""

    def run(code: str, *arguments: str) -> pytest.RunResult:
        suite.makepyfile(test_it=code)
        return suite.runpytest_subprocess("--board", f"native:{echo_program}", *arguments, timeout=60)

    return run


class Shelf:
    """Native boards of a rig, each behind a link to its terminal; rig.toml lies beside the suite."""

    def __init__(self, suite: pytest.Pytester, program: Path) -> None:
        self._suite = suite
        self._program = program
        self.boards: dict[str, ChildBoard] = {}
        self._entries: list[str] = []

    def add(self, name: str, **keys: object) -> ChildBoard:
        """Start a board and put it into the rig file."""
        board = ChildBoard(name, [str(self._program)])
        self.boards[name] = board
        (self._suite.path / f"{name}.pty").symlink_to(board.port)
        values = {"name": name, "board": "native", "serial": f"{name}.pty"} | keys
        lines = [f"{key} = {str(value) if isinstance(value, list) else repr(value)}" for key, value in values.items()]
        self._entries.append("\n".join(["[[boards]]", *lines]))
        (self._suite.path / "rig.toml").write_text("\n".join(self._entries).replace("'", '"'))
        return board

    def unlink(self, name: str) -> None:
        """Remove the link: once the board has ended, the terminal's name may be that of another one."""
        (self._suite.path / f"{name}.pty").unlink(missing_ok=True)

    def close(self) -> None:
        for name, board in self.boards.items():
            self.unlink(name)
            board.kill()
            board.close()

    def run(self, code: str, *arguments: str) -> pytest.RunResult:
        """Write a test file and run it on the rig."""
        self._suite.makepyfile(test_it=code)
        return self._suite.runpytest_subprocess("--no-flash", "--junitxml=out.xml", *arguments, timeout=100)

    def refuse(self, code: str, *arguments: str) -> pytest.RunResult:
        """Write a test file and run it with what is refused before any test begins: that needs no process."""
        self._suite.makepyfile(test_it=code)
        return self._suite.runpytest_inprocess(*arguments)

    def outcomes(self) -> dict[str, str]:
        """Return the outcome of each test by the last run's JUnit file."""
        return {name: properties.get("outcome", "") for name, properties in self.properties().items()}

    def properties(self) -> dict[str, dict[str, str]]:
        """Return the properties of each test by the last run's JUnit file."""
        cases = ET.parse(self._suite.path / "out.xml").iter("testcase")
        return {
            str(case.get("name")): {str(each.get("name")): str(each.get("value")) for each in case.iter("property")}
            for case in cases
        }

    def elements(self, kind: str) -> dict[str, str]:
        """Return the messages of all elements of a kind (failure, error, skipped) by test."""
        cases = ET.parse(self._suite.path / "out.xml").iter("testcase")
        return {str(case.get("name")): str(each.get("message")) for case in cases for each in case.iter(kind)}


@pytest.fixture
def shelf(suite: pytest.Pytester, echo_program: Path) -> Iterator[Shelf]:
    """A rig without boards yet."""
    made = Shelf(suite, echo_program)
    yield made
    made.close()
