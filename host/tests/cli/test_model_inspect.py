"""`mcubench model inspect` through the command line."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from tflite_builder import TfliteBuilder

Mcubench = Callable[..., subprocess.CompletedProcess[str]]
MODEL = Path(__file__).parents[3] / "models" / "mnist-int8" / "model.tflite"


def test_a_file_is_told_with_counts_and_a_chart(mcubench: Mcubench) -> None:
    done = mcubench("model", "inspect", MODEL)
    assert (done.returncode, done.stderr) == (0, "")
    for text in ("2,794,240", "2,852,598", "93,322", "CONV_2D", "BBBBB"):
        assert text in done.stdout


def test_a_count_that_no_rule_is_known_for_is_unknown_and_says_of_what(mcubench: Mcubench, tmp_path: Path) -> None:
    model = TfliteBuilder()
    tensors = [model.tensor((1, 4), np.float32) for _ in range(3)]
    model.operator("TANH", tensors[:1], tensors[1:2])
    model.operator("RELU", tensors[1:2], tensors[2:])
    (tmp_path / "net.tflite").write_bytes(model.build(tensors[:1], tensors[2:]))
    assert "MACC as ST counts: unknown, because it is not known for TANH\n" in (
        mcubench("model", "inspect", tmp_path / "net.tflite").stdout
    )
    assert json.loads(mcubench("model", "inspect", tmp_path / "net.tflite", "--json").stdout)["macc"] is None


def test_the_json_has_all_that_the_table_has(mcubench: Mcubench) -> None:
    told = json.loads(mcubench("model", "inspect", MODEL, "--json").stdout)
    assert (told["parameters"], told["macs"], told["macc"]) == (93_322, 2_794_240, 2_852_598)
    assert told["engines"] == {"generated": {"runs": True, "why": None}, "tflm": {"runs": True, "why": None}}
    # Of the first pool's input and output, which the generated engine lets share their memory.
    assert told["peak_activation_bytes"] == 26 * 26 * 32 + 13 * 13 * 32
    assert told["arena_bytes"] < told["peak_activation_bytes"]
    assert [each["op"] for each in told["operators"]][:2] == ["CONV_2D", "MAX_POOL_2D"]


def test_the_picture_is_written(mcubench: Mcubench, tmp_path: Path) -> None:
    assert mcubench("model", "inspect", MODEL, "--svg", "plan.svg").returncode == 0
    ElementTree.parse(tmp_path / "plan.svg")


def test_what_is_no_model_is_one_line(mcubench: Mcubench, tmp_path: Path) -> None:
    (tmp_path / "bad.tflite").write_bytes(MODEL.read_bytes()[:1000])
    for name in ("bad.tflite", "none.tflite", "nosuchmodel"):
        done = mcubench("model", "inspect", name)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert done.stderr.startswith("mcubench: ")
