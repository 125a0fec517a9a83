"""Boards of a rig file: which tests run on which, in how many processes, and how long a board stays open."""

from __future__ import annotations

import pytest

from mcubench.rig import holders

pytest_plugins = ["pytester"]

WHO = "def test_who(board, dut): print('on', dut.name)\n"


def test_one_board_of_the_rig_leaves_ids_as_they_are(shelf):
    shelf.add("pc-1")
    result = shelf.run(WHO, "-v")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines("test_it.py::test_who PASSED*")
    assert shelf.properties()["test_who"]["board_name"] == "pc-1"
    assert holders() == []


def test_every_test_runs_on_every_board_that_fits_it(shelf):
    shelf.add("pc-1", features=["camera"])
    shelf.add("pc-2", features=["camera", "meter"])
    result = shelf.run(
        """
        import pytest
        @pytest.mark.parametrize("odd", ["a b", "c"])
        def test_all(board, odd): pass
        @pytest.mark.needs("camera", "meter")
        def test_meter(board): pass
        @pytest.mark.board("stm32f746", "nrf52840")
        def test_chip(board): pass
        def test_without(): pass
        """,
        "--dut",
        "pc-2,pc-1",
        "-v",
        "-rs",
    )
    result.assert_outcomes(passed=6, skipped=1)
    result.stdout.fnmatch_lines(
        [
            "boards: pc-2 (native), pc-1 (native)",
            "test_it.py::test_all?a b-pc-2? PASSED*",
            "test_it.py::test_all?c-pc-2? PASSED*",
            "test_it.py::test_meter?pc-2? PASSED*",
            "test_it.py::test_all?a b-pc-1? PASSED*",
            "test_it.py::test_all?c-pc-1? PASSED*",
            "SKIPPED*pc-2: needs a stm32f746 or nrf52840, this is a native; pc-1: *",
        ]
    )


def test_two_processes_share_two_boards(shelf):
    shelf.add("pc-1")
    shelf.add("pc-2")
    result = shelf.run(
        """
        import os, pytest
        @pytest.mark.parametrize("number", range(4))
        def test_worker(board, dut, record_metric, number):
            record_metric("worker", os.environ["PYTEST_XDIST_WORKER"])
        """,
        *("--dut", "all", "-n", "2"),
    )
    result.assert_outcomes(passed=8)
    of = shelf.properties()
    workers = {board: {of[f"test_worker[{number}-{board}]"]["worker"] for number in range(4)} for board in shelf.boards}
    assert sorted(map(len, workers.values())) == [1, 1]
    assert workers["pc-1"] != workers["pc-2"]
    assert {each["board_name"] for each in of.values()} == {"pc-1", "pc-2"}


def test_one_board_of_the_rig_stays_with_one_of_two_processes(shelf):
    shelf.add("pc-1")
    shelf.run("def test_a(board): pass\ndef test_b(board): pass\n", "-n", "2").assert_outcomes(passed=2)


def test_several_boards_have_to_be_named(shelf):
    shelf.add("pc-1")
    shelf.add("pc-2")
    result = shelf.refuse(WHO)
    result.stderr.fnmatch_lines("ERROR: rig.toml has 2 boards; say on which to test: --dut pc-1, --dut all, or *")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    shelf.run("def test_without(): pass\n").assert_outcomes(passed=1)
    shelf.run(WHO, "--board", "native:none-such").stdout.fnmatch_lines("*none-such*")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--dut", "pc-3"], "ERROR: rig.toml: no board 'pc-3'; *"),
        (["--rig", "none.toml"], "ERROR: --rig none.toml: no such file*"),
        (["--dut", "all", "--port", "/dev/ttyACM0"], "ERROR: --rig and --dut are for boards of a rig*"),
        (["--board", "stm32f746"], "ERROR: rig.toml: none of the boards is a stm32f746; there is native*"),
        (["--no-flash", "--force-flash"], "ERROR: --no-flash and --force-flash exclude each other*"),
        (["--quarantine-list", "none.txt"], "ERROR: --quarantine-list none.txt: cannot be read*"),
    ],
)
def test_options_that_cannot_be_used_take_one_line(shelf, arguments, line):
    shelf.add("pc-1")
    result = shelf.refuse(WHO, *arguments)
    result.stderr.fnmatch_lines(line)
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_rig_file_with_mistakes_is_told_only_where_a_board_is_needed(suite, shelf):
    (suite.path / "rig.toml").write_text('[[boards]]\nnam = "pc-1"\n')
    shelf.run("def test_without(): pass\n").assert_outcomes(passed=1)
    result = shelf.refuse(WHO)
    result.stderr.fnmatch_lines("ERROR: rig.toml: * mistakes: *'nam'*")


@pytest.mark.parametrize(("scope", "openings"), [("session", 1), ("module", 2)])
def test_board_stays_open_for_as_long_as_its_scope(suite, shelf, models_folder, scope, openings):
    shelf.add("pc-1")
    suite.makepyfile(
        test_second=f"def test_c(dut, seen): seen(dut)\ndef test_d(dut, seen): assert seen(dut) == {openings}"
    )
    suite.makeconftest(
        """
        import pytest
        duts = []
        @pytest.fixture
        def seen():
            def note(dut):
                if not any(dut is each for each in duts):
                    duts.append(dut)
                return len(duts)
            return note
        """
    )
    code = "def test_a(dut, seen, measure): seen(dut)\ndef test_b(dut, seen, measure): seen(dut)\n"
    shelf.run(code, "--dut-scope", scope, f"--models={models_folder}").assert_outcomes(passed=4)


@pytest.mark.parametrize(
    ("marker", "line"),
    [
        ('board("stm32f74")', "no such kind of board; did you mean 'stm32f746'?*"),
        ("board", 'expected @pytest.mark.board("...", ...), found ()*'),
        ("needs(3)", 'expected @pytest.mark.needs("...", ...), found (3)*'),
        ('quarantine("flaky")', "@pytest.mark.quarantine takes no arguments but reason=...*"),
    ],
)
def test_marker_that_means_nothing_is_refused(shelf, marker, line):
    shelf.add("pc-1")
    result = shelf.refuse(f"import pytest\n@pytest.mark.{marker}\ndef test_it(board): pass\n")
    result.stderr.fnmatch_lines(f"ERROR: test_it.py::test_it: *{line}".replace("[", "?"))
    assert result.ret == pytest.ExitCode.USAGE_ERROR


@pytest.mark.parametrize("name", ['bord("stm32f746")', 'Needs("display")', "quarantined", "slwo"])
def test_marker_that_is_misspelt_is_refused_without_strict_markers_too(suite, shelf, name):
    shelf.add("pc-1")
    suite.makeini("[pytest]\nfilterwarnings = default\n")
    result = shelf.refuse(f"import pytest\n@pytest.mark.{name}\ndef test_it(board): pass\n")
    result.stderr.fnmatch_lines("ERROR: test_it.py::test_it: @pytest.mark.*: no such marker; did you mean '*'?*")
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_marker_that_is_misspelt_is_an_error_of_its_test_with_processes(suite, shelf):
    shelf.add("pc-1")
    suite.makeini("[pytest]\nfilterwarnings = default\n")
    result = shelf.run('import pytest\n@pytest.mark.bord("esp32")\ndef test_it(board): pass\n', "-n", "1")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines("*InputError: *@pytest.mark.bord: no such marker; did you mean 'board'?*")


def test_markers_of_others_are_left_alone(suite, shelf):
    shelf.add("pc-1")
    suite.makeini("[pytest]\nmarkers =\n    boards(n): this suite's own\n")
    result = shelf.run(
        """
        import pytest
        @pytest.mark.boards(2)
        @pytest.mark.nightly
        def test_it(board): pass
        @pytest.mark.bord("stm32f746")
        def test_without(): pass
        """
    )
    result.assert_outcomes(passed=2, warnings=2)


def test_kind_that_only_the_board_can_tell_is_asked_for(suite, echo_port):
    suite.makepyfile(
        """
        import pytest
        @pytest.mark.board("native")
        def test_here(board): pass
        @pytest.mark.board("esp32")
        def test_elsewhere(board): pass
        """
    )
    result = suite.runpytest_subprocess(f"--port={echo_port}", "-rs", timeout=60)
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines("SKIPPED*: needs a esp32, this is a native")
