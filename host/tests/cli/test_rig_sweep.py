"""Sweeps over a rig: boards that are unplugged, in use, latched or not the ones that were meant; boards that share."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for rig_of_pcs; importlib mode adds no folder

from rig_of_pcs import RigOfPcs

from mcubench.rig import hold, latch, latched, load_rig, unlatch

Run = Callable[..., subprocess.CompletedProcess[str]]
INT8 = ("--model", "mnist-int8")
BOTH = ("--model", "mnist-int8,mnist-float32", "--overclock")
FEW = ("--vectors", "10", "--vectors-other", "10", "--samples", "3", "--db", "r.db", "--json", "o.json")
CLOCKS = ("100", "1000")


@pytest.fixture
def rig(mnist_program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RigOfPcs]:
    """Three boards, whose rig file is in the folder that the command line runs in."""
    monkeypatch.setenv("MCUBENCH_STATE_DIR", str(tmp_path / "state"))
    with RigOfPcs(mnist_program, tmp_path, 3) as boards:
        yield boards


def records(folder: Path) -> dict[str, dict[str, Any]]:
    """Return what the sweep wrote, by point."""
    return {record["point_id"]: record for record in json.loads((folder / "o.json").read_text())}


def measured(folder: Path) -> dict[str, dict[str, Any]]:
    return {point: record for point, record in records(folder).items() if record["status"] != "blocked"}


def sweep_until(folder: Path, models: Path, arguments: tuple[str, ...], point: str, then: Callable[[], None]) -> Any:
    """Run a sweep, do something once a point's line begins so, and return the exit code and what went to stderr."""
    command = [sys.executable, "-m", "mcubench", "sweep", *arguments, "--models", str(models)]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as host:
        assert host.stderr is not None
        told = []
        while not told or not told[-1].partition("] ")[2].startswith(point):
            told.append(host.stderr.readline())
            assert told[-1], "".join(told)
        then()
        out, rest = host.communicate(timeout=120)
    return host.returncode, out, "".join(told) + rest


def test_every_board_of_a_rig_has_its_plan_and_is_known_by_name(mcubench: Run, rig: RigOfPcs, tmp_path: Path) -> None:
    done = mcubench("sweep", "--board", "all", *INT8, *FEW)
    assert done.returncode == 0, done.stderr
    found = records(tmp_path)
    assert set(found) == {f"{name}/generated/mnist-int8/{clock}" for name in rig.names for clock in CLOCKS}
    for record in found.values():
        assert record["point_id"].startswith(f"{record['board_name']}/")
        assert (record["board"], record["board_uid"]) == ("native", rig.uid(record["board_name"]))
    for name in rig.names:
        assert f"mnist-int8 on {name} (native)" in done.stdout
    again = mcubench("sweep", "--board", "all", *INT8, *FEW, "--resume")
    assert (again.returncode, again.stderr) == (0, "")
    assert records(tmp_path) == found


@pytest.mark.usefixtures("rig")
def test_a_missing_model_is_answered_with_what_flashes_the_board(mcubench: Run) -> None:
    models = "mnist-int8,har-int8"
    done = mcubench("sweep", "--board", "n-1", "--model", models, *FEW)
    assert done.returncode == 2, done.stderr
    assert f"mcubench flash --board n-1 --engine generated --model {models}" in done.stderr


@pytest.mark.usefixtures("rig")
def test_boards_are_picked_by_name_and_beside_others(mcubench: Run, mnist_program: Path, tmp_path: Path) -> None:
    boards = ("--board", "n-3,n-1", "--board", f"native:{mnist_program}")
    done = mcubench("sweep", *boards, *INT8, "--clock", "main", *FEW)
    assert done.returncode == 0, done.stderr
    assert {point.partition("/")[0] for point in records(tmp_path)} == {"n-1", "n-3", "native"}
    shown = mcubench("show", "--db", "r.db", "--board", "n-3", "--json", "n-3.json")
    assert [each["board_name"] for each in json.loads((tmp_path / "n-3.json").read_text())] == ["n-3"]
    assert "n-1" not in shown.stdout.partition("\n")[2]
    unknown = mcubench("show", "--db", "r.db", "--board", "m")
    assert (unknown.returncode, "no board 'm' in that run; there is n-1, n-3, native" in unknown.stderr) == (2, True)


def test_a_board_that_is_lost_is_latched_and_its_points_are_blocked_until_it_was_looked_at(
    mcubench: Run, rig: RigOfPcs, tmp_path: Path, models_folder: Path
) -> None:
    arguments = ("--board", "all", *BOTH, *FEW)
    code, out, err = sweep_until(tmp_path, models_folder, arguments, "n-2/", lambda: rig.unplug("n-2"))
    assert code == 3
    line = re.search(r"^BLOCKED n-2: (\d) of 6 points not measured: latched broken: .*went away.*$", out, re.MULTILINE)
    assert line, out
    assert line[0] in err
    assert "mcubench: 1 of 3 boards were lost, first n-2: " in err.splitlines()[-1]
    found, done = records(tmp_path), measured(tmp_path)
    assert Counter(record["status"] for record in found.values()) == {"ok": len(done), "blocked": int(line[1])}
    assert len(found) == 18
    assert all(found[point]["board_name"] == "n-2" for point in found.keys() - done.keys())
    assert out.count("measured BLOCKED") == int(line[1]), "rows of its tables"
    assert "BLOCKED n-2: " in mcubench("show", "--db", "r.db").stdout

    rig.plug_in("n-2")
    latched_still = mcubench("sweep", *arguments, "--resume")
    assert latched_still.returncode == 3
    assert "BLOCKED n-2: not measured: blocked, because it was latched broken" in latched_still.stderr
    assert records(tmp_path) == found, "nothing is tried with it"

    assert mcubench("rig", "check", "n-2").returncode == 0
    complete = mcubench("sweep", *arguments, "--resume")
    assert complete.returncode == 0, complete.stderr
    after = records(tmp_path)
    assert {record["status"] for record in after.values()} == {"ok"}
    assert len(after) == 18
    assert {point: after[point] for point in done} == done, "what was done is kept as it was"
    assert "BLOCKED" not in complete.stdout


def test_a_board_in_use_is_told_at_once_and_the_others_are_measured(
    mcubench: Run, rig: RigOfPcs, tmp_path: Path
) -> None:
    first = load_rig(rig.file).select(["n-1"])[0]
    with hold(first, "a long look"):
        done = mcubench("sweep", "--board", "n-1,n-2", *INT8, *FEW)
        alone = mcubench("sweep", "--board", "n-1", *INT8, *FEW)
    assert done.returncode == 3
    told = done.stderr.splitlines()[0]
    assert told.startswith("BLOCKED n-1: not measured: in use by ")
    assert "for 'a long look'" in told
    assert {record["board_name"] for record in records(tmp_path).values()} == {"n-2"}
    assert latched(first) is None
    assert alone.returncode == 3
    assert alone.stderr.startswith("mcubench: n-1: in use by ")
    assert len(alone.stderr.splitlines()) == 1
    assert mcubench("sweep", "--board", "n-1,n-2", *INT8, *FEW, "--resume").returncode == 0
    assert len(records(tmp_path)) == 4


def test_another_board_at_a_boards_port_is_refused_and_not_latched(
    mcubench: Run, rig: RigOfPcs, tmp_path: Path
) -> None:
    rig.unplug("n-1")
    rig.plug_in("n-1", lambda line: line.replace(rig.uid("n-1"), "deadbeef"))
    done = mcubench("sweep", "--board", "n-1,n-2", *INT8, *FEW)
    assert done.returncode == 3
    expected = f"expected native with id {rig.uid('n-1')}, seen native with id deadbeef"
    assert any(
        line.startswith("BLOCKED n-1: not measured: another board answers") and expected in line
        for line in done.stderr.splitlines()
    ), done.stderr
    assert {record["board_name"] for record in records(tmp_path).values()} == {"n-2"}
    assert latched(load_rig(rig.file).select(["n-1"])[0]) is None


def test_boards_that_share_measure_each_point_once(mcubench: Run, rig: RigOfPcs, tmp_path: Path) -> None:
    done = mcubench("sweep", "--board", "all", "--share", *BOTH, *FEW, "--markdown", "o.md")
    assert done.returncode == 0, done.stderr
    found = records(tmp_path)
    models = ("mnist-int8", "mnist-float32")
    assert set(found) == {f"native/generated/{model}/{clock}" for model in models for clock in (*CLOCKS, "2000")}
    assert {record["board_name"] for record in found.values()} == set(rig.names)
    assert all(record["board_uid"] == rig.uid(record["board_name"]) for record in found.values())
    for record in found.values():
        row = next(line for line in done.stdout.splitlines() if line.startswith(f" {record['board_name']} "))
        assert "measured ok" in row
    assert "mnist-int8 on native, engine generated" in (tmp_path / "o.md").read_text()
    again = mcubench("sweep", "--board", "all", "--share", *BOTH, *FEW, "--resume")
    assert (again.returncode, again.stderr) == (0, "")


def test_a_point_of_a_board_that_is_lost_is_measured_by_an_equal_one(
    mcubench: Run, rig: RigOfPcs, tmp_path: Path, models_folder: Path
) -> None:
    arguments = ("--board", "all", "--share", *BOTH, *FEW)
    code, out, err = sweep_until(tmp_path, models_folder, arguments, "native/", lambda: rig.unplug("n-3"))
    assert code == 3
    assert re.search(r"^LOST n-3: latched broken: .*went away", out, re.MULTILINE), out
    assert "1 of 3 boards were lost, first n-3: " in err
    assert "none is missing" in err.splitlines()[-1]
    assert "BLOCKED" not in out
    found = records(tmp_path)
    assert len(found) == 6
    assert all(record["status"] == "ok" for record in found.values())

    # With one board less nothing is asked of the others that is done; and any of them goes on with what is not.
    assert mcubench("sweep", *arguments, "--resume").returncode == 3
    assert records(tmp_path) == found


def test_points_are_blocked_once_no_equal_board_is_left(
    mcubench: Run, rig: RigOfPcs, tmp_path: Path, models_folder: Path
) -> None:
    def unplug_all() -> None:
        for name in rig.names:
            rig.unplug(name)

    arguments = ("--board", "all", "--share", *BOTH, *FEW)
    code, out, _ = sweep_until(tmp_path, models_folder, arguments, "native/", unplug_all)
    assert code == 3
    assert len(re.findall(r"^LOST n-\d: latched broken", out, re.MULTILINE)) == 3
    blocked = re.search(r"^BLOCKED native, engine generated: (\d) of 6 points not measured: ", out, re.MULTILINE)
    assert blocked, out
    found, done = records(tmp_path), measured(tmp_path)
    assert (len(found), len(found) - len(done)) == (6, int(blocked[1]))
    assert {found[point]["board_name"] for point in found.keys() - done.keys()} == {None}

    rig.plug_in("n-2")
    for board in load_rig(rig.file).boards:
        unlatch(board)
    complete = mcubench("sweep", "--board", "all", "--share", *BOTH, *FEW, "--resume")
    assert complete.returncode == 3, "two are still absent"
    after = measured(tmp_path)
    assert len(after) == 6
    assert {point: after[point] for point in done} == done
    assert {after[point]["board_name"] for point in after.keys() - done.keys()} == {"n-2"}


def test_boards_with_different_firmware_do_not_share(mcubench: Run, rig: RigOfPcs, tmp_path: Path) -> None:
    rig.unplug("n-2")
    rig.plug_in("n-2", lambda line: re.sub(r"^build id=\w+", "build id=0123456789abcdef", line))
    done = mcubench("sweep", "--board", "n-1,n-2", "--share", *INT8, *FEW)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "n-1 and n-2 cannot share points: firmware build is " in done.stderr
    assert not (tmp_path / "o.json").exists()


def test_bad_input_is_one_line(mcubench: Run, rig: RigOfPcs) -> None:
    for arguments, words in (
        (("--board", "n-9"), "rig.toml: no board 'n-9'; did you mean 'n-"),
        (("--board", "n-"), "'n-' may be any of n-1, n-2, n-3"),
        (("--board", "n-1", "--rig", "nowhere.toml"), "--rig nowhere.toml: no such file"),
        (("--board", "n-1", "--engine", "tflm"), "n-1: engine 'tflm' was asked for, the board runs 'generated'"),
    ):
        done = mcubench("sweep", *arguments, *INT8, *FEW)
        assert done.returncode == 2, done.stderr
        assert len(done.stderr.splitlines()) == 1, done.stderr
        assert words in done.stderr
    rig.file.unlink()
    done = mcubench("sweep", "--board", "n-1", *INT8, *FEW)
    assert done.returncode == 2
    assert "no board 'n-1'" in done.stderr
    assert "rig file" in done.stderr


def test_an_arena_is_measured_on_a_board_of_the_rig_that_is_not_latched(
    mcubench: Run, rig: RigOfPcs, tmp_path: Path, models_folder: Path
) -> None:
    shutil.copytree(models_folder / "mnist-int8", tmp_path / "models" / "mnist-int8")
    found = mcubench("arena", "--board", "n-1", "--models", "models", "mnist-int8", "--json")
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout)["board"] == "native"
    latch(load_rig(rig.file).select(["n-1"])[0], "a test")
    done = mcubench("arena", "--board", "n-1", "mnist-int8")
    assert done.returncode == 3
    assert "n-1: blocked, because it was latched broken: a test" in done.stderr
    several = mcubench("arena", "--board", "all", "mnist-int8")
    assert several.returncode == 2
    assert "an arena is measured on one board, but named are n-1, n-2, n-3" in several.stderr
