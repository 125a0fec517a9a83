"""What resets a board from outside its line: real programs where they are, doubles where only hardware would help."""

from __future__ import annotations

import os
import pty
import select
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mcubench.deadline import Deadline
from mcubench.errors import RigError
from mcubench.recovery import DebugProbe, HubPort, Person, PowerScript, ResetDriver, hub, person, probe_reset, program
from mcubench.rig.process import process_start

TIMEOUT_S = 20.0
EXIT_RIG = 3
Told = Callable[[str, str], Path]


@pytest.fixture
def double(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    """A function that puts a double of a program on the path, which writes down its arguments and runs `script`."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def install(name: str, script: str) -> Path:
        told = tmp_path / f"{name}.told"
        (folder / name).write_text(f'#!/bin/sh\necho "$*" >> {told}\n{script}\n')
        (folder / name).chmod(0o755)
        return told

    return install


HUB, PROBE = HubPort("1-1.4", "2"), DebugProbe("066DFF48")
HUB_LINE = "-l 1-1.4 -p 2 -a cycle"
PROBE_LINE = "reset --no-wait --no-config --uid 066DFF48 --target cortex_m"


@pytest.mark.parametrize(
    ("driver", "name", "line"), [(HUB, "uhubctl", HUB_LINE), (PROBE, "pyocd", PROBE_LINE)], ids=["hub", "probe"]
)
def test_the_program_gets_what_names_the_board(driver: ResetDriver, name: str, line: str, double: Told) -> None:
    told = double(name, "")
    driver.reset("/dev/ttyACM0", "stm32f746")
    assert told.read_text() == f"{line}\n"


def test_a_j_link_is_called_by_its_number_without_the_zeros_that_usb_has(double: Told) -> None:
    told = double("pyocd", "")
    DebugProbe("000683457712").reset("/dev/ttyACM0", "nrf52840")
    assert "--uid 683457712 " in told.read_text()


@pytest.mark.parametrize(("driver", "name"), [(HUB, "uhubctl"), (PROBE, "pyocd")], ids=["hub", "probe"])
def test_the_last_words_of_a_program_that_fails_are_told(driver: ResetDriver, name: str, double: Told) -> None:
    double(name, "echo first; echo 'no such thing' >&2; echo; echo see --help; exit 7")
    with pytest.raises(RigError) as caught:
        driver.reset("/dev/ttyACM0", "stm32f746")
    assert str(caught.value).startswith(f"'{name} ")
    assert str(caught.value).endswith("ended with exit code 7; it said: no such thing; see --help")


@pytest.mark.parametrize(
    ("driver", "remedy"),
    [(HUB, "sudo apt-get install uhubctl"), (PROBE, "pip install pyocd")],
    ids=["hub", "probe"],
)
def test_a_program_that_is_not_there_is_one_line_with_how_to_get_it(
    driver: ResetDriver, remedy: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(probe_reset.sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(hub, "DEBIANS_FOLDER", tmp_path)
    with pytest.raises(RigError, match=remedy) as caught:
        driver.reset("/dev/ttyACM0", "stm32f746")
    assert "\n" not in str(caught.value)


def test_a_program_that_hangs_is_ended_with_all_that_it_started(
    double: Told, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(program, "PROGRAM_TIMEOUT_S", 1.0)
    double("uhubctl", f"sleep 300 & echo $! > {tmp_path}/pid; wait")
    with pytest.raises(RigError, match=r"'uhubctl -l 1-1.4 -p 2 -a cycle' had not ended after 1 s"):
        HUB.reset("/dev/ttyACM0", "stm32f746")
    deadline = Deadline.after(TIMEOUT_S)
    while process_start(int((tmp_path / "pid").read_text())):
        assert not deadline.expired
        time.sleep(0.01)


@pytest.mark.skipif(
    not (shutil.which("uhubctl") or shutil.which("uhubctl", path="/usr/sbin")),
    reason="no uhubctl; sudo apt-get install uhubctl",
)
def test_the_real_uhubctl_tells_that_there_is_no_such_hub() -> None:
    with pytest.raises(RigError, match=r"ended with exit code 1; it said: No compatible devices detected at location"):
        HubPort("99-99", "1").reset("/dev/ttyACM0", "stm32f746")


@pytest.mark.skipif(not shutil.which("pyocd"), reason="no pyocd; pip install pyocd")
def test_the_real_pyocd_tells_that_there_is_no_such_probe() -> None:
    with pytest.raises(RigError, match=r"ended with exit code 1; it said: .*No target device available"):
        DebugProbe("no such probe").reset("/dev/ttyACM0", "stm32f746")


def test_a_script_is_told_which_board(tmp_path: Path) -> None:
    script = f'echo "$MCUBENCH_PORT $MCUBENCH_BOARD $MCUBENCH_NAME" > {tmp_path}/told'
    PowerScript(script, "left-1").reset("/dev/ttyACM0", "stm32f746")
    assert (tmp_path / "told").read_text() == "/dev/ttyACM0 stm32f746 left-1\n"


@contextmanager
def at_a_terminal(what: Callable[[], None]) -> Iterator[tuple[int, Callable[[], int]]]:
    """Run `what` in a process that a new terminal was made for; yield the terminal, and what waits for the exit code.

    The exit code is 3 after a RigError, which the terminal then shows.
    """
    child, terminal = pty.fork()
    if child == 0:
        run_to_end(what)

    def wait() -> int:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    try:
        yield terminal, wait
    finally:
        os.close(terminal)


def run_to_end(what: Callable[[], None]) -> None:
    code = 9
    try:
        what()
        code = 0
    except RigError as exc:
        os.write(1, f"RigError: {exc}\n".encode())
        code = EXIT_RIG
    finally:
        os._exit(code)


def read_until(terminal: int, words: bytes) -> str:
    deadline, seen = Deadline.after(TIMEOUT_S), b""
    while words not in seen:
        assert select.select([terminal], [], [], deadline.left_s)[0], seen
        seen += os.read(terminal, 4096)
    return seen.decode().replace("\r\n", "\n")


def ask() -> None:
    Person("left-1").reset("/dev/ttyACM0", "stm32f746")


def ask_on_stderr() -> None:
    sys.stderr = os.fdopen(2, "w")
    ask()


@pytest.mark.parametrize("question", [ask, ask_on_stderr], ids=["stderr is no terminal", "stderr is the terminal"])
def test_a_person_is_asked_and_waited_for(question: Callable[[], None]) -> None:
    with at_a_terminal(question) as (terminal, wait):
        seen = read_until(terminal, b" s\r\n")
        assert "left-1 (stm32f746 at /dev/ttyACM0) does not answer" in seen
        assert seen.endswith("press Enter, within 120 s\n")
        os.write(terminal, b"\n")
        assert wait() == 0


def test_nobody_is_waited_for_longer_than_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(person, "PERSON_TIMEOUT_S", 0.2)
    with at_a_terminal(ask) as (terminal, wait):
        read_until(terminal, b"RigError: nobody pressed Enter within 0.2 s")
        assert wait() == EXIT_RIG


def test_without_a_terminal_nobody_is_asked() -> None:
    def in_a_session_of_its_own() -> None:
        os.setsid()
        ask()

    with at_a_terminal(in_a_child(in_a_session_of_its_own)) as (terminal, wait):
        read_until(terminal, b"RigError: nobody can be asked: this program was not started in a terminal")
        assert wait() == EXIT_RIG


def test_in_the_background_of_a_terminal_nobody_is_asked() -> None:
    def in_a_group_of_its_own() -> None:
        os.setpgid(0, 0)
        ask()

    with at_a_terminal(in_a_child(in_a_group_of_its_own)) as (terminal, wait):
        read_until(terminal, b"RigError: nobody can be asked: this program runs in the background")
        assert wait() == EXIT_RIG


def in_a_child(what: Callable[[], None]) -> Callable[[], None]:
    """Return what does it in a child process, and ends as that ends."""

    def run() -> None:
        child = os.fork()
        if child == 0:
            run_to_end(what)
        os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

    return run
