"""The main job from the command line: the real core and networks, killed hosts, killed and lying boards."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from faulty_line import FaultyLine, by_line

from mcubench.boards import ChildBoard
from mcubench.protocol.text import add_trailer, split_trailer
from mcubench.store import Database, same_results

Run = Callable[..., subprocess.CompletedProcess[str]]
MODELS = ("--model", "mnist-int8,mnist-float32")
ALL_POINTS = {
    f"native/generated/{model}/{clock}"
    for model in ("mnist-int8", "mnist-float32")
    for clock in ("100", "1000", "2000")
}


def sweep(program: Path, *more: str | Path) -> list[str | Path]:
    return ["sweep", "--board", f"native:{program}", *MODELS, "--overclock", "--vectors", "40", "--db", "r.db", *more]


def stored(folder: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "r.db")) as connection:
        return connection.execute("SELECT run_id, point_id, status, samples_us, layers FROM records").fetchall()


def test_a_sweep_prints_stores_and_writes_every_point(mcubench: Run, mnist_program: Path, tmp_path: Path) -> None:
    files = ("--json", "o.json", "--csv", "o.csv", "--markdown", "o.md", "--chart", "o.svg")
    done = mcubench(*sweep(mnist_program, *files))
    assert done.returncode == 0, done.stderr
    records = json.loads((tmp_path / "o.json").read_text())
    assert {record["point_id"] for record in records} == ALL_POINTS
    assert all(record["status"] == "ok" and record["timing"] == "measured" for record in records)
    assert sorted(record["vectors"] for record in records) == [30, 30, 30, 30, 40, 40]
    assert all(len(record["samples_us"]) == 20 and record["samples"] is None for record in records)
    assert all(record["address"] == f"native:{mnist_program}" for record in records)
    assert len((tmp_path / "o.csv").read_text().splitlines()) == 7
    for text in (done.stdout, (tmp_path / "o.md").read_text()):
        assert "mnist-float32 on native" in text
        assert "measured" in text
    assert (tmp_path / "o.svg").read_text().startswith("<svg")
    assert len([line for line in done.stderr.splitlines() if re.match(r"\[\d/6\]", line)]) == 6
    assert "\x1b" not in done.stdout + done.stderr, "no colours where there is no terminal"


def test_show_prints_the_last_run_or_the_one_named(mcubench: Run, mnist_program: Path, tmp_path: Path) -> None:
    for clock in ("100", "1000"):
        mcubench(
            "sweep", "--board", f"native:{mnist_program}", "--model", "mnist-int8", "--clock", clock, "--db", "r.db"
        )
    runs = sorted({row[0] for row in stored(tmp_path)})
    last = mcubench("show", "--db", "r.db", "--json", "again.json")
    assert last.returncode == 0
    assert [record["settings"]["name"] for record in json.loads((tmp_path / "again.json").read_text())] == ["1000"]
    first = mcubench("show", runs[0], "--db", "r.db")
    assert f"Run {runs[0]}" in first.stdout
    assert mcubench("show", runs[0][:3], "--db", "r.db").returncode == 2


@pytest.mark.parametrize("after", [0, 1, 3])
def test_a_killed_host_loses_nothing_and_resume_completes_the_run(
    mcubench: Run, mnist_program: Path, tmp_path: Path, after: int
) -> None:
    command = [sys.executable, "-m", "mcubench", *map(str, sweep(mnist_program, "--json", "o.json"))]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as host:
        assert host.stderr is not None
        for _ in range(after):
            host.stderr.readline()
        time.sleep(0.2 if after else 0.6)  # somewhere within a point, or within the start
        host.kill()
    before = stored(tmp_path) if (tmp_path / "r.db").exists() and after else []
    assert len(before) >= after
    done = mcubench(*sweep(mnist_program, "--json", "o.json", "--resume"))
    assert done.returncode == 0, done.stderr
    rows = stored(tmp_path)
    assert rows[: len(before)] == before, "what was done is kept as it was"
    assert sorted(row[1] for row in rows) == sorted(ALL_POINTS), "none lost, none twice"
    assert len({row[0] for row in rows}) == 1, "all in one run"
    assert all(len(json.loads(row[3])) == 20 and json.loads(row[4]) for row in rows), "no half row"
    assert {record["point_id"] for record in json.loads((tmp_path / "o.json").read_text())} == ALL_POINTS
    # And the same as if nobody had been killed.
    mcubench(*sweep(mnist_program))
    with Database(tmp_path / "r.db") as database:
        cut_short, undisturbed = (database.records(run.run_id) for run in database.runs()[-2:])
    assert same_results(cut_short, undisturbed) == []


def test_resuming_a_complete_run_measures_nothing(mcubench: Run, mnist_program: Path, tmp_path: Path) -> None:
    mcubench(*sweep(mnist_program))
    before = stored(tmp_path)
    done = mcubench(*sweep(mnist_program, "--resume"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "mnist-int8 on native" in done.stdout
    assert stored(tmp_path) == before


def test_another_sweep_is_not_resumed_but_begun(mcubench: Run, mnist_program: Path, tmp_path: Path) -> None:
    mcubench(*sweep(mnist_program, "--clock", "100"))
    mcubench(*sweep(mnist_program, "--clock", "1000", "--resume"))
    assert len({row[0] for row in stored(tmp_path)}) == 2


def test_a_run_is_not_resumed_on_other_firmware(mcubench: Run, mnist_program: Path, tmp_path: Path) -> None:
    mcubench(*sweep(mnist_program, "--clock", "100"))
    with closing(sqlite3.connect(tmp_path / "r.db")) as connection, connection:
        connection.execute("UPDATE runs SET identity = json_set(identity, '$.\"firmware build\"', 'older')")
    done = mcubench(*sweep(mnist_program, "--clock", "100", "--resume"))
    assert done.returncode == 2
    assert re.fullmatch(r"mcubench: cannot resume run \S+: its firmware build is older, now it is .*\n", done.stderr)


def test_a_board_killed_in_mid_sweep_is_told_and_finished_points_stay(
    mnist_program: Path, tmp_path: Path, models_folder: Path
) -> None:
    with ChildBoard("native", [str(mnist_program)]) as board:
        arguments = ["sweep", "--port", board.port, *MODELS, "--models", str(models_folder), "--db", "r.db"]
        command = [sys.executable, "-m", "mcubench", *arguments]
        with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as host:
            assert host.stderr is not None
            host.stderr.readline()
            board.kill()
            error = host.stderr.read()
        assert host.returncode == 3
        line = error.splitlines()[-1]
        assert line.startswith(f"mcubench: {board.port}: while ")
        assert re.search(r" of mnist-\w+ at clock \d+: the port went away; check cable and power of the board;", line)
        assert re.search(r"; [1-3] of 4 points are in r\.db; go on with --resume$", line)
    assert 1 <= len(stored(tmp_path)) <= 3


def test_a_board_of_our_own_that_is_killed_is_started_again_and_its_point_repeated(
    mnist_program: Path, tmp_path: Path, models_folder: Path
) -> None:
    arguments = map(str, sweep(mnist_program, "--models", models_folder, "--json", "o.json"))
    with subprocess.Popen(
        [sys.executable, "-m", "mcubench", *arguments], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    ) as host:
        assert host.stderr is not None
        for _ in range(2):
            host.stderr.readline()
            (board,) = children_of(host.pid)
            time.sleep(0.1)
            os.kill(board, signal.SIGKILL)
        error = host.stderr.read()
    assert host.returncode == 0, error
    records = {record["point_id"]: record for record in json.loads((tmp_path / "o.json").read_text())}
    assert set(records) == ALL_POINTS
    repeated = [record for record in records.values() if record["attempts"] == 2]
    assert 1 <= len(repeated) <= 2, "a board that is killed between two points costs none"
    assert all([step["step"] for step in record["recoveries"]] == ["power cycle"] for record in repeated)
    assert all(len(record["samples_us"]) == 20 for record in records.values())


def test_the_power_of_a_real_board_is_cycled_by_the_users_command(
    mnist_program: Path, tmp_path: Path, models_folder: Path
) -> None:
    port = tmp_path / "ttyBoard"
    with ChildBoard("off", [str(mnist_program)]) as off, ChildBoard("on again", [str(mnist_program)]) as on:
        port.symlink_to(off.port)
        power_cycle = f'test "$MCUBENCH_BOARD" = native && ln -sfn {on.port} "$MCUBENCH_PORT"'
        arguments = ["sweep", "--port", str(port), *MODELS, "--models", str(models_folder), "--json", "o.json"]
        with subprocess.Popen(
            [sys.executable, "-m", "mcubench", *arguments, "--power-cycle", power_cycle],
            cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        ) as host:  # fmt: skip
            assert host.stderr is not None
            host.stderr.readline()
            port.unlink()  # else it would lead to whatever terminal is made next, another test's board perhaps
            off.kill()
            out, error = host.communicate(timeout=60)
    assert host.returncode == 0, error
    records = json.loads((tmp_path / "o.json").read_text())
    assert len(records) == 4
    (repeated,) = (record for record in records if record["attempts"] == 2)
    tried = [(each["step"], each["ok"]) for each in repeated["recoveries"]]
    assert tried == [("re-open the port", False), ("power cycle", True)]
    assert f"NOTE {repeated['point_id']}: measured 2 times, because the board was reset (cause: power-on) while" in out


def children_of(process: int) -> list[int]:
    """Return the processes that any thread of a process has started."""
    return [
        int(child) for task in Path(f"/proc/{process}/task").glob("*/children") for child in task.read_text().split()
    ]


@pytest.mark.parametrize(
    ("number", "status", "said"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "ended by SIGTERM")],
    ids=["ctrl-c", "sigterm"],
)
def test_a_signal_ends_the_sweep_and_its_board(
    mnist_program: Path, tmp_path: Path, models_folder: Path, number: signal.Signals, status: int, said: str
) -> None:
    arguments = map(str, sweep(mnist_program, "--models", models_folder))
    # What a shell starts in the background ignores SIGINT, and so would everything below it.
    command = ["env", "--default-signal=INT", sys.executable, "-m", "mcubench", *arguments]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as host:
        assert host.stderr is not None
        host.stderr.readline()
        children = children_of(host.pid)
        assert children
        host.send_signal(number)
        error = host.stderr.read()
    assert host.returncode == status
    assert error.splitlines()[-1] == f"mcubench: {said}"
    for child in children:
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)
    assert stored(tmp_path)


def lying_line(board: ChildBoard, change: Callable[[str], str]) -> FaultyLine:
    def rewrite(line: str) -> bytes:
        text, seq = split_trailer(line) or (line, None)
        return (change(text) if seq is None else add_trailer(change(text), seq)).encode() + b"\n"

    return FaultyLine(board.port, by_line(rewrite), bytes)


def test_a_wrong_clock_makes_exit_code_1_and_no_microseconds(
    mcubench: Run, mnist_program: Path, tmp_path: Path
) -> None:
    def lie(text: str) -> str:
        return text.replace("hz=1000000000", "hz=1080000000")

    with ChildBoard("native", [str(mnist_program)]) as board, lying_line(board, lie) as line:
        done = mcubench("sweep", "--port", line.port, "--model", "mnist-int8", "--db", "r.db", "--json", "o.json")
    assert done.returncode == 1
    records = {record["settings"]["name"]: record for record in json.loads((tmp_path / "o.json").read_text())}
    assert (records["100"]["status"], records["1000"]["status"]) == ("ok", "failed")
    assert records["1000"]["latency_us_median"] is None
    assert records["1000"]["samples_us"] is None
    assert re.search(r"the counter runs at (999|1000)\.\d+ MHz", records["1000"]["error"])
    assert "FAILED native/generated/mnist-int8/1000" in done.stdout
    assert "1 of 2 points failed" in done.stderr.splitlines()[-1]
