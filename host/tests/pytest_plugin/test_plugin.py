"""Whole pytest runs with the plugin, each on a board of its own."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from mcubench.serve.machine import machine_uid

pytest_plugins = ["pytester"]


def test_test_of_three_lines_runs_on_a_board(run_on_board):
    result = run_on_board("def test_it(board):\n    board.select('echo')\n    assert board.run(3).stable\n")
    result.assert_outcomes(passed=1)


def test_tests_with_a_board_are_marked(run_on_board):
    result = run_on_board("def test_board(wire): pass\ndef test_other(): pass\n", "-m", "hil", "-v")
    result.assert_outcomes(passed=1, deselected=1)
    result.stdout.fnmatch_lines("*test_board PASSED*")


def test_one_connection_serves_the_session_and_is_resynchronised(run_on_board):
    result = run_on_board(
        """
        def test_leaves_a_mess(dut, wire):
            wire.send(b"\\0\\1half a frame")
        def test_finds_none(dut, board):
            assert board.info().board == dut.info.board == "native"
            assert not dut.is_virtual
        """
    )
    result.assert_outcomes(passed=2)


def test_wrong_result_is_a_failure_in_one_line_with_the_transcript(run_on_board, suite):
    result = run_on_board(
        """
        from mcubench.errors import WrongOutputError
        def test_it(board):
            board.tick()
            raise WrongOutputError("3 of 300 outputs differ")
        """,
        "--junitxml=out.xml",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "WrongOutputError: 3 of 300 outputs differ",
            "*UART transcript*",
            "*bytes 'tick #*",
            "# the last * chunks; more: *test_it.uart.log",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    assert "tick #" in next((suite.path / "results" / "hil" / "main").glob("*test_it.uart.log")).read_text()
    assert elements(suite, "failure") == 1


def test_rig_trouble_is_an_error(run_on_board, suite):
    result = run_on_board(
        """
        from mcubench.errors import LinkError
        def test_it(dut):
            raise LinkError("/dev/ttyACM0", "the port went away")
        """,
        "--junitxml=out.xml",
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines("LinkError: /dev/ttyACM0: the port went away")
    assert (elements(suite, "failure"), elements(suite, "error")) == (0, 1)


def test_board_that_is_ended_costs_an_error_and_later_tests_are_blocked(run_on_board):
    result = run_on_board(
        """
        def test_ends(dut): dut.abort()
        def test_first_after(board): pass
        def test_second_after(board): pass
        """,
        "-vv",
    )
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*LinkError*went away*", "*1 passed, 1 error, 1 blocked in*"])


def test_program_that_has_died_is_started_again_between_two_tries(run_on_board):
    result = run_on_board(
        """
        import os, signal
        def test_kills(dut): os.kill(dut.program_id, signal.SIGKILL)
        def test_next(board): board.tick()
        """,
        "-v",
    )
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines("*test_next PASSED ON SECOND TRY*")


def test_verbose_shows_where_it_happened(run_on_board):
    code = "from mcubench.errors import WrongOutputError\ndef test_it(dut):\n    raise WrongOutputError('no')\n"
    run_on_board(code, "-vv").stdout.fnmatch_lines("*test_it.py:3: WrongOutputError*")


def test_port_that_is_absent_is_an_error_that_names_it(suite):
    suite.makepyfile("def test_it(dut): pass")
    result = suite.runpytest_subprocess("--port=/dev/none-such", timeout=60)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines("LinkError: /dev/none-such: no such port*")


def test_firmware_that_is_absent_is_an_error_that_names_it(suite):
    suite.makepyfile("def test_it(dut): pass")
    result = suite.runpytest_subprocess("--virtual", "stm32f746", "--firmware", "none.elf", timeout=60)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines("InputError: none.elf: no such firmware file*")


def test_other_board_than_expected_is_an_error(suite, echo_program):
    suite.makeconftest(
        f"""
        import pytest
        from mcubench.pytest_plugin.opening import open_dut
        from mcubench.pytest_plugin.selection import SelectedBoard
        @pytest.fixture
        def other(rig):
            with open_dut(rig, SelectedBoard("native:{echo_program}", "native")) as dut:
                yield dut
        """
    )
    suite.makepyfile("def test_it(other): pass")
    result = suite.runpytest_subprocess("--port=/dev/nosuch", "--board", "stm32f746", timeout=60)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines("RigError: native:*: expected a stm32f746 there, found a native*")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--port", "/dev/ttyACM0", "--virtual", "stm32f746"],
        ["--port", "/dev/ttyACM0", "--board", "virtual:stm32f746"],
        ["--virtual", "stm32f746", "--board", "native:board"],
    ],
)
def test_two_boards_are_refused(suite, arguments):
    suite.makepyfile("def test_it(dut): pass")
    result = suite.runpytest_subprocess(*arguments, timeout=60)
    result.stderr.fnmatch_lines("*name one board: --port, --virtual, or --board virtual:NAME*")
    assert result.ret != 0


@pytest.mark.parametrize("arguments", [["--port", "/dev/ttyACM0"], ["--update-baseline"]])
def test_several_processes_are_refused_where_one_is_needed(suite, arguments):
    result = suite.runpytest_subprocess("-n", "2", *arguments, timeout=60)
    result.stderr.fnmatch_lines("*need one process; leave -n out*")
    assert result.ret == pytest.ExitCode.USAGE_ERROR


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--timeout-multiplier", "nan"], "*--timeout-multiplier: expected a number above 0, found nan*"),
        (["--timeout-multiplier", "inf"], "*--timeout-multiplier: expected a number above 0, found inf*"),
        (["--baud", "9600"], "*--baud is the rate at --port*"),
        (["--board", "nrf52840"], "*--board nrf52840 is a kind of board, but there is neither a rig file nor --port*"),
        (["--hil-log-dir", "tox.ini/logs"], "*--hil-log-dir tox.ini/logs: cannot be made: Not a directory*"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_options_that_cannot_work_are_refused_before_anything_runs(suite, arguments, said):
    suite.makepyfile("def test_it(): pass")
    result = suite.runpytest_subprocess(*arguments, timeout=60)
    result.stderr.fnmatch_lines(said)
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_tests_run_where_no_logs_can_be_kept(run_on_board, suite):
    (suite.path / "results").write_text("a file where the folder would be")
    result = run_on_board("def test_it(record_metric):\n    record_metric('energy', 3.1, 'mJ', 'measured')\n")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines("figures and transcripts were not kept: *results/hil/main: *Not a directory*")


def test_metrics_go_to_junit_and_to_json_lines(run_on_board, suite):
    result = run_on_board(
        """
        def test_it(record_metric):
            record_metric("latency", 61.5, "ms", "measured")
            record_metric("size", 3)
        """,
        "--junitxml=out.xml",
    )
    result.assert_outcomes(passed=1)
    tree = ET.parse(suite.path / "out.xml")
    properties = {each.get("name"): each.get("value") for each in tree.iter("property")}
    assert "> to the board" in Path(properties.pop("transcript")).read_text()
    assert properties.pop("board_name").startswith("native:")
    assert properties.pop("firmware_build")
    assert properties == {
        "latency [ms, measured]": "61.5",
        "size": "3",
        "board": "native",
        "board_uid": machine_uid(),
        "engine": "test",
        "timing": "measured",
        "outcome": "passed",
    }
    lines = (suite.path / "results" / "hil" / "main" / "metrics.jsonl").read_text().splitlines()
    assert json.loads(lines[0]) == {
        "test": "test_it.py::test_it", "board": "native", "board_uid": machine_uid(),
        "name": "latency", "value": 61.5, "unit": "ms", "timing": "measured",
    }  # fmt: skip
    assert len(lines) == 2


def test_silence_of_a_board_is_its_failure(run_on_board):
    result = run_on_board(
        "def test_it(wire):\n    wire.next_ack()\n",
        "--timeout-multiplier",
        "0.02",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines("CheckFailedError: nothing came within 0.2 s while waiting for an ACK*")


def test_image_without_known_models_is_named(run_on_board, suite):
    (suite.path / "models" / "other").mkdir(parents=True)
    (suite.path / "models" / "other" / "model.toml").touch()
    result = run_on_board("def test_it(measure):\n    measure.models\n", "--models", "models")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines("InputError: none of the models in the board's image has a folder in models*")


def elements(suite, name: str) -> int:
    return len(list(ET.parse(suite.path / "out.xml").iter(name)))
