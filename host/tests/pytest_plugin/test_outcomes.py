"""Passed, failed, error, blocked, skipped: apart on the terminal, in JUnit and in the exit status."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mcubench.rig import hold, holder, latch, latched
from mcubench.rig.file import read_rig

pytest_plugins = ["pytester"]


def entry(suite: pytest.Pytester, name: str):
    return read_rig(suite.path / "rig.toml").select([name])[0]


def test_five_outcomes_are_kept_apart(suite, shelf):
    shelf.add("pc-1")
    shelf.add("pc-2")
    latch(entry(suite, "pc-2"), "it smelled burnt")
    result = shelf.run(
        """
        import pytest
        from mcubench.errors import LinkError, WrongOutputError
        def test_pass(board): board.tick()
        def test_fail(board): raise WrongOutputError("3 of 300 outputs differ")
        def test_error(board): raise LinkError("/dev/ttyACM0", "the port went away")
        def test_skip(board): pytest.skip("no reason")
        """,
        "--dut",
        "all",
    )
    result.stdout.fnmatch_lines("*1 failed, 1 passed, 1 skipped, 1 error, 4 blocked in*")
    result.stdout.fnmatch_lines("4 blocked: pc-2: blocked, because it was latched broken: it smelled burnt*")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert shelf.outcomes() == {
        "test_pass[pc-1]": "passed",
        "test_fail[pc-1]": "failed",
        "test_error[pc-1]": "error",
        "test_skip[pc-1]": "skipped",
        **{f"test_{name}[pc-2]": "blocked" for name in ("pass", "fail", "error", "skip")},
    }
    assert shelf.elements("failure").keys() == {"test_fail[pc-1]"}
    assert shelf.elements("error").keys() == {"test_error[pc-1]"}
    skipped = shelf.elements("skipped")
    assert skipped.pop("test_skip[pc-1]") == "no reason"
    assert all(message.startswith("blocked: pc-2: ") for message in skipped.values())


def test_blocked_tests_alone_are_not_green(suite, shelf):
    shelf.add("pc-1")
    latch(entry(suite, "pc-1"), "it smelled burnt")
    result = shelf.run("def test_it(board): pass\ndef test_other(): pass\n")
    result.stdout.fnmatch_lines("*1 passed, 1 blocked in*")
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_board_that_dies_is_an_error_then_blocked_and_latched(suite, shelf, monkeypatch):
    shelf.add("pc-1")
    monkeypatch.setenv("BOARD_PID", str(shelf.boards["pc-1"].pid))
    code = """
        import os, pathlib, signal
        def test_before(board): board.tick()
        def test_kills(board):
            pathlib.Path("pc-1.pty").unlink()
            os.killpg(int(os.environ["BOARD_PID"]), signal.SIGKILL)
            board.tick()
        def test_first_after(board): pass
        def test_second_after(dut): pass
        def test_without_board(): pass
    """
    result = shelf.run(code)
    result.stdout.fnmatch_lines("*2 passed, 1 error, 2 blocked in*")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert list(shelf.outcomes().values()) == ["passed", "error", "blocked", "blocked", ""]
    found = latched(entry(suite, "pc-1"))
    assert found
    assert "the port went away" in found.why or "no such port" in found.why
    again = shelf.run("def test_it(board): pass\n")
    again.stdout.fnmatch_lines("*1 blocked in*")


def test_board_in_use_by_another_is_an_error_then_blocked_but_not_latched(suite, shelf):
    shelf.add("pc-1")
    with hold(entry(suite, "pc-1"), "a test of the tests"):
        result = shelf.run("def test_first(board): pass\ndef test_second(board): pass\n")
    result.stdout.fnmatch_lines("LockedError: pc-1: in use by *for 'a test of the tests'*")
    assert shelf.outcomes() == {"test_first": "error", "test_second": "blocked"}
    assert latched(entry(suite, "pc-1")) is None
    shelf.run("def test_it(board): pass\n").assert_outcomes(passed=1)


def test_board_whose_port_is_absent_is_an_error_then_blocked(suite, shelf):
    shelf.add("pc-1")
    shelf.unlink("pc-1")
    shelf.run("def test_first(board): pass\ndef test_second(board): pass\n")
    assert shelf.outcomes() == {"test_first": "error", "test_second": "blocked"}
    assert latched(entry(suite, "pc-1"))


def test_sigterm_gives_boards_back_and_reports_what_was_done(suite, shelf):
    shelf.add("pc-1")
    code = """
        import os, signal, time
        def test_first(dut): pass
        def test_second(dut):
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(60)
    """
    result = shelf.run(code)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert shelf.outcomes()["test_first"] == "passed"
    assert holder(entry(suite, "pc-1")) is None
    (lock,) = Path(os.environ["MCUBENCH_STATE_DIR"]).glob("*.lock")
    assert lock.read_text() == ""


def test_lock_file_that_nobody_of_us_has_written_does_not_make_a_board_broken(suite, shelf):
    shelf.add("pc-1")
    with hold(entry(suite, "pc-1"), "to make its file"):
        pass
    (lock,) = Path(os.environ["MCUBENCH_STATE_DIR"]).glob("*.lock")
    lock.write_text("{broken")
    result = shelf.run("def test_it(dut): pass\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines("*StateError: *expected a JSON object about a board*remove the file*")
    assert latched(entry(suite, "pc-1")) is None


def test_other_board_than_the_rig_file_says_is_an_error_and_latched(suite, shelf):
    shelf.add("pc-1", id="00112233")
    result = shelf.run("def test_first(board): pass\ndef test_second(board): pass\n")
    result.stdout.fnmatch_lines("RigError: pc-1: another board answers at *: expected native with id 00112233*")
    assert shelf.outcomes() == {"test_first": "error", "test_second": "blocked"}
    assert latched(entry(suite, "pc-1"))


def test_expected_failure_does_not_hide_an_error_of_the_rig(run_on_board):
    result = run_on_board(
        """
        import pytest
        from mcubench.errors import LinkError
        @pytest.mark.xfail(reason="the answer is wrong")
        def test_it(board): raise LinkError("/dev/ttyACM0", "the port went away")
        """
    )
    result.assert_outcomes(errors=1)


def test_frozen_board_is_brought_back_by_the_driver_of_the_rig_between_two_tries(shelf, monkeypatch, tmp_path):
    log = tmp_path / "power.log"
    board = shelf.add("pc-1", power=f"script:echo $MCUBENCH_NAME >> {log}; kill -CONT -$BOARD_PID")
    monkeypatch.setenv("BOARD_PID", str(board.pid))
    result = shelf.run(
        """
        import os, signal
        tries = []
        def test_it(board):
            tries.append(1)
            if len(tries) == 1:
                os.killpg(int(os.environ["BOARD_PID"]), signal.SIGSTOP)
                board.connect(0.5)
            board.tick()
        def test_next(board): board.tick()
        """,
        "-v",
    )
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*test_it PASSED ON SECOND TRY*", "*test_next PASSED*", "second try: *test_it: *"])
    assert log.read_text() == "pc-1\n"
    assert "no answer within" in shelf.properties()["test_it"]["retried"]
    assert "retried" not in shelf.properties()["test_next"]


def test_hellos_of_the_ladder_are_stretched_too(suite, shelf, monkeypatch):
    board = shelf.add("pc-1")
    monkeypatch.setenv("BOARD_PID", str(board.pid))
    result = shelf.run(
        """
        import os, signal
        def test_it(board):
            os.killpg(int(os.environ["BOARD_PID"]), signal.SIGSTOP)
            board.connect(0.1)
        def test_next(board): pass
        """,
        *("--timeout-multiplier", "0.2"),
    )
    result.stdout.fnmatch_lines("*1 error, 1 blocked in*")
    found = latched(entry(suite, "pc-1"))
    assert found
    assert found.why.count("(no answer within 1.0 s)") >= 3


def test_errors_of_the_rig_are_retried_once_and_failures_never(run_on_board, suite):
    result = run_on_board(
        """
        import pytest
        from mcubench.errors import LinkError, RestartedError, WrongOutputError
        met = {}
        def trouble(name, error, times):
            met[name] = met.get(name, 0) + 1
            if met[name] <= times:
                raise error
        ERROR = LinkError("/dev/ttyACM0", "the port went away")
        @pytest.fixture(scope="module")
        def prepared(dut):
            trouble("fixture", ERROR, 1)
            return dut.info.board
        def test_fixture_of_the_module(prepared): assert prepared == "native"
        def test_fixture_is_made_once(prepared): pass
        def test_heals(board, record_metric):
            record_metric("size", 1)
            trouble("heals", ERROR, 1)
        def test_stays(board): trouble("stays", ERROR, 9)
        def test_fails(board): trouble("fails", WrongOutputError("no"), 1)
        def test_fails_after_an_error(board):
            trouble("error", ERROR, 1)
            assert False, "and then"
        def test_firmware_that_crashes_again(board):
            trouble("crash", RestartedError("/dev/ttyACM0", "it ran", "watchdog"), 9)
        def test_teardown(board, request): request.addfinalizer(lambda: trouble("teardown", ERROR, 1))
        def test_tries(): assert met == {
            "fixture": 2, "heals": 2, "stays": 2, "fails": 1, "error": 2, "crash": 2, "teardown": 2
        }
        """,
        "--junitxml=out.xml",
    )
    result.assert_outcomes(passed=5, failed=3, errors=1)
    metrics = (suite.path / "results" / "hil" / "main" / "metrics.jsonl").read_text()
    assert metrics.count("size") == 1
    result.stdout.fnmatch_lines("second try: *::test_fails_after_an_error: the first try met LinkError: */dev/ttyACM0*")
