"""Tests in quarantine run, and their failures fail no session."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

CODE = """
import pytest
from mcubench.errors import LinkError
@pytest.mark.quarantine(reason="since the new cable")
def test_marked(board): assert False, "once in a while"
def test_listed(board): assert False, "now and then"
@pytest.mark.parametrize("number", [1, 2])
def test_passes(board, number): pass
@pytest.mark.quarantine
def test_rig(board): raise LinkError("/dev/ttyACM0", "the port went away")
def test_other(board): pass
"""


def test_failures_in_quarantine_are_told_and_do_not_count(run_on_board, suite):
    names = "# known\ntest_it.py::test_listed # a comment\n*::test_pass*\ntest_it.py::test_gone\nother.py::test_it\n"
    (suite.path / "list.txt").write_text(names)
    result = run_on_board(CODE, "--quarantine-list", "list.txt", "-k", "not rig", "--junitxml=out.xml")
    result.stdout.fnmatch_lines("*1 passed, 1 deselected, 2 quarantine failed, 2 quarantine passed in*")
    result.stdout.fnmatch_lines(
        [
            "test_it.py::test_marked: quarantined: AssertionError: once in a while",
            "test_it.py::test_listed: quarantined: AssertionError: now and then",
            "list.txt: there is no test 'test_it.py::test_gone'",
            "list.txt: there is no test 'other.py::test_it'",
        ]
    )
    assert result.ret == pytest.ExitCode.OK
    xml = (suite.path / "out.xml").read_text()
    assert xml.count('name="quarantined" value="true"') == 4
    assert xml.count('message="quarantined: ') == 2
    assert "<failure" not in xml


def test_error_of_the_rig_counts_in_quarantine_too(run_on_board):
    result = run_on_board(CODE, "-k", "rig or other")
    result.assert_outcomes(passed=1, errors=1, deselected=4)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
