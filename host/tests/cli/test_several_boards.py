"""One sweep over several boards, each a process of its own; some die, some are not there, some name nothing."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from faulty_line import FaultyLine, by_line

from mcubench.boards import ChildBoard
from mcubench.protocol.text import add_trailer, split_trailer

Run = Callable[..., subprocess.CompletedProcess[str]]
ROOT = Path(__file__).resolve().parents[3]
BOTH = ("--model", "mnist-int8,mnist-float32")
INT8 = ("--model", "mnist-int8")
FEW = ("--vectors", "10", "--samples", "3", "--db", "r.db", "--json", "o.json")


def records(folder: Path) -> dict[str, dict[str, Any]]:
    """Return what the sweep wrote, by point."""
    return {record["point_id"]: record for record in json.loads((folder / "o.json").read_text())}


COUNTS_CYCLES = ("counts_time=1", "counts_time=0")


def changed_line(board: ChildBoard, change: tuple[str, str]) -> FaultyLine:
    """Return a line to a board on which a word of its answers is another one."""

    def rewrite(line: str) -> bytes:
        text, seq = split_trailer(line) or (line, None)
        text = text.replace(*change)
        return (text if seq is None else add_trailer(text, seq)).encode() + b"\n"

    return FaultyLine(board.port, by_line(rewrite), bytes)


def image(chip: str) -> Path:
    return ROOT / ".pio" / "build" / f"{chip}-local" / "firmware.elf"


@pytest.fixture
def in_the_project(tmp_path: Path) -> None:
    """Let virtual boards find the project's images from the folder that the command line runs in."""
    if not image("stm32f746").exists():
        pytest.skip(f"no {image('stm32f746')}; run 'make firmware'")
    (tmp_path / ".pio").symlink_to(ROOT / ".pio")


@pytest.mark.usefixtures("in_the_project")
def test_every_kind_of_board_in_one_sweep(mcubench: Run, mnist_program: Path, tmp_path: Path) -> None:
    boards = {"virtual:stm32f746": "stm32f746/generated", f"native:{mnist_program}": "native/generated"}
    if image("nrf52840").exists():
        boards["virtual:nrf"] = "nrf52840/generated"
    for engine, package in (("tflm", "tflite_micro"), ("litert", "ai_edge_litert")):
        if importlib.util.find_spec(package):
            boards[f"python:{engine}"] = f"python/{engine}"
    options = [word for board in boards for word in ("--board", board)]
    files = ("--csv", "o.csv", "--markdown", "o.md", "--chart", "o.svg")
    done = mcubench("sweep", *options, *BOTH, "--clock", "main", *FEW, *files)
    assert done.returncode == 0, done.stderr

    found = records(tmp_path)
    subjects = [point.rpartition("/")[0] for point in found]
    assert sorted(subjects) == sorted(
        f"{board}/{model}" for board in boards.values() for model in ("mnist-int8", "mnist-float32")
    )
    assert len({record["run_id"] for record in found.values()}) == 1
    int8 = [record for record in found.values() if record["model"] == "mnist-int8"]
    assert len({record["outputs_sha256"] for record in int8}) == 1, "bit for bit the same on every board"
    for record in found.values():
        assert record["status"] == "ok", record["error"]
        assert record["timing"] == ("modelled" if record["address"].startswith("virtual:") else "measured")
        assert (record["cycles_median"] is None) == (record["timing"] == "measured")
        assert record["latency_us_min"] <= record["latency_us_median"] <= record["latency_us_max"]

    for text in (done.stdout, (tmp_path / "o.md").read_text()):
        assert "All boards, each at its main clock" in text
        assert all(engine in text for engine in {board.rpartition("/")[2] for board in boards.values()})
    header = (tmp_path / "o.csv").read_text().splitlines()[0].split(",")
    assert {"latency_us_median_measured", "latency_us_median_modelled"} < set(header)
    assert "latency_us_median" not in header
    shown = mcubench("show", "--db", "r.db")
    assert shown.stdout.splitlines()[1:] == done.stdout.splitlines()[1:]


def test_two_boards_of_one_kind_keep_their_points_apart(mcubench: Run, mnist_program: Path, tmp_path: Path) -> None:
    board = ("--board", f"native:{mnist_program}")
    done = mcubench("sweep", *board, *board, *INT8, "--clock", "100,main", *FEW)
    assert done.returncode == 0, done.stderr
    clocks = ("100", "1000")
    expected = {f"{name}/generated/mnist-int8/{clock}" for name in ("native", "native.2") for clock in clocks}
    assert set(records(tmp_path)) == expected
    assert f"mnist-int8 on native.2 (native:{mnist_program})" in done.stdout


def test_a_board_that_is_not_there_is_measured_when_the_sweep_is_resumed(
    mcubench: Run, mnist_program: Path, tmp_path: Path
) -> None:
    port = tmp_path / "ttyBoard"
    command = ("sweep", "--board", f"native:{mnist_program}", "--port", port, *INT8, *FEW)
    done = mcubench(*command)
    assert done.returncode == 3
    line = f"{port}: not measured: no such port"
    assert done.stderr.splitlines()[-1].startswith(f"mcubench: 1 of 2 boards were lost, first {line}")
    assert f"BLOCKED {line}" in done.stdout
    assert f"BLOCKED {line}" in mcubench("show", "--db", "r.db").stdout
    before = records(tmp_path)
    assert list(before) == ["native/generated/mnist-int8/1000", "native/generated/mnist-int8/100"], "main clock first"

    with ChildBoard("native", [str(mnist_program)]) as board:
        port.symlink_to(board.port)
        done = mcubench(*command, "--resume")
    assert done.returncode == 0, done.stderr
    assert "BLOCKED" not in done.stdout + mcubench("show", "--db", "r.db").stdout
    after = records(tmp_path)
    assert after.keys() - before.keys() == {"native.2/generated/mnist-int8/100", "native.2/generated/mnist-int8/1000"}
    assert {point: after[point] for point in before} == before, "what was done is kept as it was"
    assert all(record["address"] == str(port) for point, record in after.items() if point not in before)


def test_a_board_that_dies_stops_no_other_and_its_points_are_resumed(
    mcubench: Run, mnist_program: Path, tmp_path: Path, models_folder: Path
) -> None:
    port = tmp_path / "ttyBoard"
    arguments = ["sweep", "--port", str(port), "--board", f"native:{mnist_program}", *BOTH, "--overclock", *FEW]
    command = [sys.executable, "-m", "mcubench", *arguments, "--models", str(models_folder)]
    # One that counts cycles is measured while others are; PCs are not.
    with ChildBoard("native", [str(mnist_program)]) as board, ExitStack() as cable:
        port.symlink_to(cable.enter_context(changed_line(board, COUNTS_CYCLES)).port)
        with subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as host:
            assert host.stderr is not None
            while not host.stderr.readline().partition("] ")[2].startswith("native.2/"):
                pass
            port.unlink()  # else it would lead to whatever terminal is made next, another test's board perhaps
            cable.close()
            error = host.stderr.read().splitlines()
    assert host.returncode == 3
    assert "went away" in error[-1] or "no such port" in error[-1]
    assert any(line.startswith(f"BLOCKED {port}: ") and " of 6 points not measured: " in line for line in error)
    found = records(tmp_path)
    assert len(found) == 12
    blocked = [record for record in found.values() if record["status"] == "blocked"]
    assert all("went away" in each["error"] and each["cycles_median"] is None for each in blocked)
    before = {point: record for point, record in found.items() if record not in blocked}
    assert sum(point.startswith("native/") for point in before) == 6, "the other board is complete"
    assert 1 <= sum(point.startswith("native.2/") for point in before) < 6

    with ChildBoard("native", [str(mnist_program)]) as board, changed_line(board, COUNTS_CYCLES) as line:
        port.symlink_to(line.port)
        done = mcubench(*arguments, "--resume")
    assert done.returncode == 0, done.stderr
    after = records(tmp_path)
    assert len(after) == 12
    assert {record["status"] for record in after.values()} == {"ok"}
    assert {point: after[point] for point in before} == before


@pytest.mark.usefixtures("in_the_project")
def test_a_virtual_board_that_dies_stops_no_other(mcubench: Run, mnist_program: Path, tmp_path: Path) -> None:
    boards = ("--board", "virtual:stm32f746?fault=die:after=6000", "--board", f"native:{mnist_program}")
    done = mcubench("sweep", *boards, *INT8, "--clock", "main", *FEW)
    assert done.returncode == 3
    status = {point: record["status"] for point, record in records(tmp_path).items()}
    assert status == {"native/generated/mnist-int8/1000": "ok", "stm32f746/generated/mnist-int8/216": "blocked"}
    lost = "BLOCKED virtual:stm32f746?fault=die:after=6000: 1 of 1 points not measured: "
    assert lost in done.stdout
    assert lost in done.stderr


def test_ctrl_c_ends_every_board_and_keeps_what_was_measured(
    mnist_program: Path, tmp_path: Path, models_folder: Path
) -> None:
    board = ("--board", f"native:{mnist_program}")
    arguments = ("sweep", *board, *board, *board, *BOTH, *FEW, "--models", str(models_folder))
    # What a shell starts in the background ignores SIGINT, and so would everything below it.
    command = ["env", "--default-signal=INT", sys.executable, "-m", "mcubench", *arguments]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as host:
        assert host.stderr is not None
        host.stderr.readline()
        tasks = Path(f"/proc/{host.pid}/task").glob("*/children")
        children = [int(child) for task in tasks for child in task.read_text().split()]
        assert len(children) == 3
        host.send_signal(signal.SIGINT)
        error = host.stderr.read()
    assert host.returncode == 130
    assert error.splitlines()[-1] == "mcubench: interrupted"
    for child in children:
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)
    assert records(tmp_path)


def test_a_run_is_not_resumed_if_one_of_its_boards_is_another(
    mcubench: Run, mnist_program: Path, tmp_path: Path
) -> None:
    board = ("--board", f"native:{mnist_program}")
    command = ("sweep", *board, *board, *INT8, "--clock", "100", *FEW)
    mcubench(*command)
    key = f'$."firmware build of native:{mnist_program} (2)"'
    with closing(sqlite3.connect(tmp_path / "r.db")) as connection, connection:
        connection.execute("UPDATE runs SET identity = json_set(identity, ?, 'older')", (key,))
    done = mcubench(*command, "--resume")
    assert done.returncode == 2
    assert f"its firmware build of native:{mnist_program} (2) is older, now it is " in done.stderr


def check_bad_input(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert all(word in done.stderr for word in words), done.stderr


def test_boards_that_are_all_absent_are_a_line_each(mcubench: Run) -> None:
    done = mcubench("sweep", "--port", "/dev/nosuch", "--board", "native:/nosuch", *INT8)
    assert done.returncode == 2
    summary, program, port = done.stderr.splitlines()
    assert summary == "mcubench: none of the boards can be measured"
    assert program.startswith("  board native:/nosuch: there is no program")
    assert port.startswith("  /dev/nosuch: ")


GOOD = ("--board", "native:PROGRAM")
CASES = {
    "one names nothing": ((*GOOD, "--board", "arduino", *INT8), "no board 'arduino'"),
    "clock of no board": ((*GOOD, *GOOD, *INT8, "--clock", "7"), "no clock '7' on any of the boards; native:"),
    "one firmware for two": (
        ("--board", "virtual:stm32f746", "--board", "virtual:nrf", "--firmware", "x.elf", *INT8),
        "--firmware is for one virtual board",
    ),
    "engine that a chip cannot have": (
        (*GOOD, "--board", "virtual:stm32f746?engine=litert", *INT8),
        "cannot have the engine 'litert'; there is generated (pio run -e stm32f746-local)",
    ),
    "image that is not built": (
        ("--board", "virtual:stm?engine=xcubeai", *INT8),
        "no .pio/build/stm32f746-xcubeai-local/firmware.elf",
    ),
    "engine that a board has not got": (
        (*GOOD, *INT8, "--engine", "tflm"),
        "engine 'tflm' was asked for, the board runs 'generated'; native can have generated",
    ),
    "two engines": (("--board", "python:tflm", "--engine", "litert", *INT8), "name two engines"),
}


@pytest.mark.parametrize(("arguments", "words"), CASES.values(), ids=CASES.keys())
def test_bad_input_is_one_line(mcubench: Run, mnist_program: Path, arguments: tuple[str, ...], words: str) -> None:
    check_bad_input(mcubench("sweep", *(each.replace("PROGRAM", str(mnist_program)) for each in arguments)), words)


@pytest.mark.usefixtures("in_the_project")
def test_a_misspelt_fault_of_one_board_is_bad_input_and_not_a_lost_board(mcubench: Run, mnist_program: Path) -> None:
    boards = ("--board", f"native:{mnist_program}", "--board", "virtual:stm32f746?fault=hnag:after=3")
    check_bad_input(mcubench("sweep", *boards, *INT8), "fault 'hnag:after=3': unknown fault 'hnag'")


def test_a_real_board_with_another_engine_is_told_how_to_get_it(mcubench: Run, mnist_program: Path) -> None:
    lie = ("board name=native", "board name=stm32f746")
    with ChildBoard("native", [str(mnist_program)]) as board, changed_line(board, lie) as line:
        done = mcubench("sweep", "--port", line.port, *INT8, "--engine", "tflm")
    check_bad_input(done, "the board runs 'generated'; flash it: pio run -e stm32f746-tflm -t upload")
