"""`mcubench model add`, `list` and `remove` through the command line."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

Mcubench = Callable[..., subprocess.CompletedProcess[str]]
SHIPPED = Path(__file__).parents[3] / "models" / "mnist-int8"
FILE = SHIPPED / "model.tflite"
IN = ("--models", "mine")


@pytest.fixture
def pixels(tmp_path: Path) -> Path:
    """Forty of the shipped digits as most people would have them: real values, and labels, in one archive."""
    with np.load(SHIPPED / "vectors.npz") as shipped:
        inputs, labels = shipped["inputs"][:40], shipped["labels"][:40]
    np.savez(tmp_path / "data.npz", x_test=(inputs.astype(np.float32) + 128) / 255, y_test=labels)
    return tmp_path / "data.npz"


def test_a_stranger_s_file_becomes_a_model_folder(mcubench: Mcubench, pixels: Path, tmp_path: Path) -> None:
    done = mcubench("model", "add", FILE, "--vectors", pixels, "--name", "digits", "--licence", "MIT", *IN)
    assert (done.returncode, done.stderr) == (0, "")
    for text in (
        "digits: made mine/digits",
        "int8 1x28x28x1 to int8 1x10, 9 operators, 93,322 parameters, 2,794,240 MACs, 102,608 bytes",
        "vectors: 40; inputs from 'x_test', labels from 'y_test'; quantised to int8 with scale 0.00392157",
        "score: top1 1 (share whose largest output is the label's); at least 0.99 is asked for",
        "engine generated: yes, ",
        "engine tflm: yes, it has all operators",
        "next: mcubench sweep --model digits --board virtual:stm32f746 --models mine",
    ):
        assert text in done.stdout
    with np.load(SHIPPED / "vectors.npz") as shipped, np.load(tmp_path / "mine/digits/vectors.npz") as made:
        for key in ("inputs", "outputs", "labels"):
            assert np.array_equal(made[key], shipped[key][:40])


def test_one_add_and_one_sweep_lead_from_a_file_to_the_table(mcubench: Mcubench, pixels: Path, tmp_path: Path) -> None:
    assert mcubench("model", "add", FILE, "--vectors", pixels, "--name", "digits", *IN).returncode == 0
    assert mcubench("model", "add", FILE, "--name", "noise", "--count", "3", *IN).returncode == 0
    done = mcubench("sweep", "--model", "digits,noise", "--board", "python:litert", "--json", "out.json", *IN)
    assert done.returncode == 0, done.stderr
    records = {record["model"]: record for record in json.loads((tmp_path / "out.json").read_text())}
    assert (records["digits"]["vectors"], records["digits"]["score"]) == (40, 1.0)
    assert (records["noise"]["vectors"], records["noise"]["score"], records["noise"]["bit_exact"]) == (3, None, True)
    assert "no score" in done.stderr + done.stdout


def test_without_data_there_is_no_score(mcubench: Mcubench) -> None:
    told = json.loads(mcubench("model", "add", FILE, "--count", "3", "--seed", "7", "--json", *IN).stdout)
    assert (told["name"], told["random"], told["seed"], told["vectors"]) == ("model", True, 7, 3)
    assert (told["metric"], told["score"], told["score_threshold"], told["labels"]) == (None, None, None, False)
    (listed,) = json.loads(mcubench("model", "list", "--json", *IN).stdout)
    assert (listed["name"], listed["random"], listed["score"], listed["parameters"]) == ("model", True, None, 93_322)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["absent.tflite"], "cannot read the model absent.tflite: No such file or directory"),
        (["bad.tflite"], "bad.tflite: expected a TensorFlow Lite model (bytes 4 to 7 are 'TFL3')"),
        (["cut.tflite"], "cut.tflite: the TensorFlow Lite model is damaged or cut off"),
        (["/dev/zero"], "/dev/zero: expected a .tflite file, found something else"),
        ([FILE, "--vectors", "absent.npz"], "absent.npz: cannot be read (No such file or directory)"),
        ([FILE, "--vectors", "data.npz", "--labels", "short.txt"], "short.txt: there are 40 vectors but 2 labels"),
        ([FILE, "--vectors", "data.npz", "--metric", "bleu"], "'bleu' is not one of"),
        ([FILE, "--labels", "short.txt"], "--labels is for test data; bring some with --vectors"),
        ([FILE, "--models", "bad.tflite"], "bad.tflite: expected a folder for model folders"),
    ],
)
def test_what_cannot_be_added_is_one_line(
    mcubench: Mcubench, pixels: Path, arguments: list[str | Path], message: str
) -> None:
    (pixels.parent / "bad.tflite").write_bytes(bytes(100))
    (pixels.parent / "cut.tflite").write_bytes(FILE.read_bytes()[:5000])
    (pixels.parent / "short.txt").write_text("1\n2\n")
    done = mcubench("model", "add", *IN, *arguments)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert message in done.stderr
    assert not (pixels.parent / "mine").exists()


def test_a_list_goes_on_behind_a_damaged_model(mcubench: Mcubench, tmp_path: Path) -> None:
    assert mcubench("model", "add", FILE, "--name", "good", "--count", "1", *IN).returncode == 0
    (tmp_path / "mine" / "damaged").mkdir()
    (tmp_path / "mine" / "damaged" / "model.toml").write_text("name = 1")
    done = mcubench("model", "list", *IN)
    assert done.returncode == 2
    assert "good" in done.stdout
    assert "1 random" in done.stdout
    assert done.stderr.count("\n") == 1
    assert "damaged/model.toml: key 'name' must be a text" in done.stderr


def test_shipped_models_are_listed_with_their_scores(mcubench: Mcubench) -> None:
    done = mcubench("model", "list")
    assert (done.returncode, done.stderr) == (0, "")
    assert "mnist-int8" in done.stdout
    assert "top1 0.9861" in done.stdout


def test_a_model_is_removed_by_its_whole_name_after_a_yes(mcubench: Mcubench, tmp_path: Path) -> None:
    assert mcubench("model", "add", FILE, "--name", "mine", "--count", "1", *IN).returncode == 0
    folder = tmp_path / "mine" / "mine"
    for arguments, message in (
        (["min"], "no model 'min' in mine; there are mine"),
        (["mine"], "interrupted"),  # the question meets the end of stdin
        (["../mine"], "no model '../mine'"),
    ):
        done = mcubench("model", "remove", *arguments, *IN)
        assert done.returncode != 0
        assert message in done.stderr
        assert folder.exists()
    done = mcubench("model", "remove", "mine", "--yes", *IN)
    assert (done.returncode, done.stdout) == (0, "removed mine/mine\n")
    assert not folder.exists()


def test_a_model_that_add_did_not_make_needs_force(mcubench: Mcubench, tmp_path: Path) -> None:
    folder = tmp_path / "mine" / "mnist-int8"
    folder.mkdir(parents=True)
    for name in ("model.tflite", "model.toml", "vectors.npz"):
        (folder / name).write_bytes((SHIPPED / name).read_bytes())
    done = mcubench("model", "remove", "mnist-int8", "--yes", *IN)
    assert done.returncode == 2
    assert "was not made by 'mcubench model add'" in done.stderr
    assert folder.exists()
    assert mcubench("model", "remove", "mnist-int8", "--yes", "--force", *IN).returncode == 0
    assert not folder.exists()
