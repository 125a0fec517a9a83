"""What `mcubench codegen` writes and prints."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from engine_runner import NativeEngine, write_models
from network_chain import Chain
from reference import check_outputs, random_inputs, run_reference
from tflite_builder import TfliteBuilder

from mcubench.cli.codegen import command
from mcubench.codegen import generate, load_program
from mcubench.errors import InputError


def _model(path: Path, seed: int = 1) -> Path:
    chain = Chain(np.random.default_rng(seed), (1, 6, 6, 4)).conv(3, (3, 3)).pool().flatten().dense(2).softmax()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(chain.build())
    return path


def test_names_come_from_the_description_the_folder_or_the_file(tmp_path: Path) -> None:
    folder = _model(tmp_path / "My Net" / "model.tflite").parent
    assert load_program(folder).name == "My Net"
    assert load_program(folder / "model.tflite").name == "model"
    (folder / "model.toml").write_text('name = "mnist-int8"\n')
    assert load_program(folder).name == "mnist-int8"


def test_one_file_per_model_a_table_and_a_linker_fragment_are_written(tmp_path: Path) -> None:
    out = tmp_path / "out"
    generate([_model(tmp_path / "first-net.tflite"), _model(tmp_path / "second.tflite", seed=2)], out)
    assert sorted(path.name for path in out.iterdir()) == ["first_net.c", "models.c", "models.ld", "second.c"]
    fragment = (out / "models.ld").read_text()
    own_sections = "*(.rodata.model.first_net .text.model.first_net)"
    for line in (own_sections, "__model_second_start = .;", "__model_second_end = .;"):
        assert line in fragment
    assert "generated_model_count = 2;" in (out / "models.c").read_text()


def test_unchanged_files_are_not_touched(tmp_path: Path) -> None:
    out = tmp_path / "out"
    models = [_model(tmp_path / "a.tflite"), _model(tmp_path / "b.tflite")]
    generate(models, out)
    before = {path: path.stat().st_mtime_ns for path in out.iterdir()}
    _model(tmp_path / "b.tflite", seed=3)
    generate(models, out)
    changed = {path.name for path, time_ns in before.items() if path.stat().st_mtime_ns != time_ns}
    assert changed == {"b.c"}


def test_two_models_of_one_name_are_refused(tmp_path: Path) -> None:
    models = [_model(tmp_path / "a" / "net.tflite"), _model(tmp_path / "b" / "net.tflite")]
    with pytest.raises(InputError, match=r"has the file name net\.c already"):
        generate(models, tmp_path / "out")


@pytest.mark.parametrize("text", ["name = 7", "name =", 'name = "a\\"b"', "other = 1"])
def test_a_bad_description_is_refused(tmp_path: Path, text: str) -> None:
    folder = _model(tmp_path / "net" / "model.tflite").parent
    (folder / "model.toml").write_text(text)
    with pytest.raises(InputError, match=r"model\.toml"):
        load_program(folder)


def test_a_file_name_that_would_break_the_c_code_is_refused(tmp_path: Path) -> None:
    for path in (_model(tmp_path / 'a"b.tflite'), _model(tmp_path / "a\\b" / "model.tflite").parent):
        with pytest.raises(InputError, match="expected a plain text as the model's name"):
            load_program(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read the model .*absent\.tflite"):
        load_program(tmp_path / "absent.tflite")


def test_the_summary_is_one_line_per_model(tmp_path: Path) -> None:
    model = _model(tmp_path / "net.tflite")
    result = CliRunner().invoke(command, ["--out", str(tmp_path / "out"), str(model)])
    assert result.exit_code == 0
    assert result.output.startswith("net: 5 operators, 167 parameters, 1782 MACs, ")


def test_the_json_summary_holds_the_memory_plan(tmp_path: Path) -> None:
    model = _model(tmp_path / "net.tflite")
    result = CliRunner().invoke(command, ["--out", str(tmp_path / "out"), "--json", str(model)])
    (summary,) = json.loads(result.output)
    assert (summary["macs"], summary["parameters"]) == (4 * 4 * 9 * 4 * 3 + 27 * 2, 9 * 4 * 3 + 3 + 27 * 2 + 2)
    assert [row["op"] for row in summary["operators"]][-1] == "SOFTMAX"
    assert all(row["offset"] + row["size"] <= summary["arena_bytes"] for row in summary["plan"])


def test_weights_that_layers_share_are_in_flash_once(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    model = TfliteBuilder()
    tensors = [model.tensor((1, 8), np.float32) for _ in range(4)]
    weights = model.tensor((8, 8), np.float32, data=rng.normal(0, 0.4, (8, 8)).astype(np.float32))
    bias = model.tensor((8,), np.float32, data=rng.normal(0, 1, 8).astype(np.float32))
    for source, target in pairwise(tensors):
        model.operator("FULLY_CONNECTED", [source, weights, bias], [target])
    data = model.build(tensors[:1], tensors[-1:])
    (program,) = write_models({"shared": data}, tmp_path)
    assert program.constant_bytes == (64 + 8) * 4
    assert (tmp_path / "shared.c").read_text().count("static const float ") == 2
    inputs = random_inputs(data, 3, seed=5)
    (seen,) = NativeEngine.build([program], tmp_path, dsp=False).run([(0, inputs)])
    check_outputs(seen, run_reference(data, inputs))
