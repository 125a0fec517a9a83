"""`mcubench flash`: every board of a rig file, what became of each, and which exit code that makes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "flash"))  # for shelf; importlib mode adds no folder

from shelf import ROOT, Shelf, image_of, start_shelf

from mcubench.image_mark import read_mark
from mcubench.rig import hold, latch, latched, read_rig

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    with ExitStack() as stack:
        yield start_shelf(stack, tmp_path_factory.mktemp("s"), ("stm32f746", "stm32f746", "nrf52840"))


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCUBENCH_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("PLATFORMIO_CORE_DIR", str(ROOT / ".pio-core"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("MCUBENCH_RIG", raising=False)


def check_told_once(done: subprocess.CompletedProcess[str], exit_code: int, board: str, words: str) -> None:
    """Check that a line says why a board was not flashed, and that the last one only names it."""
    assert done.returncode == exit_code, done.stderr
    lines = done.stderr.splitlines()
    assert lines[-1].startswith("mcubench: 1 of ")
    assert lines[-1].endswith(f" not flashed: {board}")
    (told,) = (line for line in lines if words in line)
    assert told.startswith(f"{board}: not flashed: ")
    assert all(lines), "an empty line"


def check_one_line(done: subprocess.CompletedProcess[str], exit_code: int, words: str) -> None:
    assert done.returncode == exit_code, done.stderr
    assert "Traceback" not in done.stderr
    assert words in done.stderr.splitlines()[-1]


def test_a_kind_is_built_once_and_is_the_build_of_pio_run(shelf: Shelf, mcubench: Run) -> None:
    models = "mnist-float32,mnist-int8"  # those of platformio.ini, whose order it is
    done = mcubench("flash", "--rig", shelf.path, "--board", "stm32f746", "--model", models, "--json")
    assert done.returncode == 0, done.stderr
    mark = read_mark(image_of("stm32f746"))
    assert [(each["name"], each["build_id"]) for each in json.loads(done.stdout)] == [
        ("v1", mark and mark.build_id),
        ("v2", mark and mark.build_id),
    ]


def test_an_image_says_how_it_gets_into_a_board(mcubench: Run) -> None:
    image_of("stm32f746")
    done = mcubench("image", "--board", "stm32f746", "--model", "mnist-int8,mnist-float32", "--json")
    assert done.returncode == 0, done.stderr
    command = "mcubench flash --board stm32f746 --model mnist-int8,mnist-float32"
    assert json.loads(done.stdout)["next"] == command


def test_boards_of_others_are_told_and_the_rest_is_flashed_broken_ones_too(
    shelf: Shelf, mcubench: Run, tmp_path: Path
) -> None:
    latch(shelf.boards[1], "it fell off the shelf")
    with hold(shelf.boards[0], "a long night"):
        done = mcubench("flash", "--rig", shelf.path, "--force", "--json")
    check_told_once(done, 3, "v1", "a long night")
    first, second, third = json.loads(done.stdout)
    assert "a long night" in first["error"]
    for each in (second, third):
        assert (each["action"], each["error"]) == ("flashed", None)
        assert (tmp_path / each["log"]).is_file()
    assert latched(shelf.boards[1]) is None


def test_a_broken_board_that_cannot_be_flashed_stays_latched(shelf: Shelf, mcubench: Run) -> None:
    rig = shelf.path.with_name("gone.toml")
    rig.write_text(
        '[[boards]]\nname = "gone"\nboard = "stm32f746"\nrunner = "virtual"\n'
        'serial = "no-link"\nprobe_id = "no-probe"\n'
    )
    broken = read_rig(rig).boards[0]
    latch(broken, "it fell off the shelf")
    done = mcubench("flash", "--rig", rig)
    check_told_once(done, 3, "gone", "no-link")
    assert latched(broken)


def test_an_image_for_another_board_is_bad_input(shelf: Shelf, mcubench: Run) -> None:
    done = mcubench("flash", "--rig", shelf.path, "--board", "v1", "--firmware", image_of("nrf52840"))
    check_one_line(done, 2, "is an image for nrf52840, but v1 is stm32f746; nothing was written")


def test_an_image_that_does_not_say_what_it_is_for_is_bad_input(shelf: Shelf, mcubench: Run) -> None:
    done = mcubench("flash", "--rig", shelf.path, "--board", "v1", "--firmware", "/bin/true")
    check_one_line(done, 2, "does not say which board it is for")


def test_an_unknown_model_is_bad_input_before_any_upload(shelf: Shelf, mcubench: Run, tmp_path: Path) -> None:
    done = mcubench("flash", "--rig", shelf.path, "--model", "nonsense")
    check_one_line(done, 2, "nonsense")
    assert not (tmp_path / "results").exists()


def test_without_a_rig_file_one_line_says_how_to_make_one(mcubench: Run) -> None:
    check_one_line(mcubench("flash"), 2, "'mcubench rig scan --write' makes one")


def test_an_image_is_not_built_again(shelf: Shelf, mcubench: Run) -> None:
    done = mcubench("flash", "--rig", shelf.path, "--firmware", image_of("stm32f746"), "--model", "mnist-int8")
    check_one_line(done, 2, "leave --model and --engine out")


def test_a_probe_that_is_not_named_is_bad_input(mcubench: Run, tmp_path: Path, shelf: Shelf) -> None:
    port = shelf.path.parent / "v1.port"
    path = tmp_path / "rig.toml"
    path.write_text(f'[[boards]]\nname = "disco"\nboard = "stm32f746"\nrunner = "stlink"\nserial = "{port}"\n')
    done = mcubench("flash", "--rig", path, "--firmware", image_of("stm32f746"))
    check_told_once(done, 2, "disco", "runner = 'stlink' needs probe_id")


def test_what_has_no_flash_is_left_out_unless_it_is_named(mcubench: Run, tmp_path: Path) -> None:
    path = tmp_path / "rig.toml"
    path.write_text('[[boards]]\nname = "pc"\nboard = "native"\nserial = "socket://localhost:1"\n')
    check_one_line(mcubench("flash", "--rig", path), 2, "no connected board that can be flashed")
    check_one_line(mcubench("flash", "--rig", path, "--board", "pc"), 2, "there is no firmware for a board 'native'")
