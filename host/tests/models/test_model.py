from __future__ import annotations

import shutil

import pytest

from mcubench.errors import InputError
from mcubench.models import read_model


def test_good_folder_is_read(folder):
    model = read_model(folder.path)
    assert (model.name, model.metric, model.threshold, model.tolerance) == ("tiny", "top1", 0.5, 0.0)
    assert (model.input.type, model.input.shape, model.input.byte_count) == ("int8", (1, 2, 2), 4)
    assert (model.input.scale, model.input.zero_point) == (0.5, -3)
    assert (model.output.byte_count, model.output.scale, model.output.zero_point) == (12, None, None)
    assert model.golden.tool == "by hand"


def test_unknown_counts_are_none_not_zero(folder):
    model = read_model(folder.path)
    assert (model.parameters, model.macs, model.macc) == (None, 12, None)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('metric = "top1"', "", r"there is a threshold, but no metric that it is of; add 'metric'"),
        (
            'metric = "top1"',
            'metric = "bleu"',
            r"key 'metric' must be auc or mae .* top5; found 'bleu'",
        ),
        ("tolerance = 0", 'tolerance = 0\nvectors = "many"', r"key 'vectors' must be random; found 'many'"),
        ("threshold = 0.5", 'threshold = "high"', r"key 'threshold' must be a number; found 'high'"),
        ("threshold = 0.5", "threshold = true", r"key 'threshold' must be a number; found True"),
        ("threshold = 0.5", "threshold = nan", r"key 'threshold' must be a finite number"),
        ("macs = 12", "macs = 0", r"key 'macs' must be a number above zero; found 0"),
        ("macs = 12", "macs = 1.5", r"key 'macs' must be a whole number; found 1.5"),
        ("[golden]", "[silver]", r"key 'golden' must be a table; it is missing"),
        ('type = "int8"', 'type = "int4"', r"key 'input\.type' must be .*int8.*; found 'int4'"),
        ("zero_point = -3", "", r"key 'input\.zero_point' must be a whole number; it is missing"),
        ("zero_point = -3", "zero_point = -129", r"key 'input\.zero_point' must be what int8 can hold; found -129"),
        ("tolerance = 0", "tolerance = -1", r"key 'tolerance' must be a number that is not below zero; found -1"),
        ("[golden]", "[tolerances]\ntflm = -3\n\n[golden]", r"key 'tolerances\.tflm' must be a number that is not"),
        ("[1, 2, 2]", "[2, 2, 2]", r"key 'input\.shape' must be a batch of 1"),
        ("[1, 3]", "[1, 0]", r"key 'output\.shape' must be a batch of 1"),
        ("[1, 3]", "[1, true]", r"key 'output\.shape' must be a batch of 1"),
        ("[1, 3]", "3", r"key 'output\.shape' must be a list of sizes; found 3"),
        ('name = "tiny"', 'name = "huge"', r"name is 'huge' but the folder is 'tiny'"),
        ('name = "tiny"', 'name = "Ti ny"', r"name 'Ti ny' must be lower-case"),
        ('name = "tiny"', "name = ", r"not a TOML file"),
    ],
)
def test_bad_model_toml_is_one_line_that_names_file_and_key(folder, old, new, message):
    folder.write_toml(old, new)
    with pytest.raises(InputError, match=message) as caught:
        read_model(folder.path)
    assert str(caught.value).startswith(str(folder.path / "model.toml"))
    assert "\n" not in str(caught.value)


def test_bytes_that_are_no_text_are_refused(folder):
    (folder.path / "model.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not a TOML file"):
        read_model(folder.path)


def test_absent_model_toml_is_refused(folder):
    (folder.path / "model.toml").unlink()
    with pytest.raises(InputError, match=r"model\.toml: cannot be read"):
        read_model(folder.path)


def test_absent_tflite_is_refused(folder):
    (folder.path / "model.tflite").unlink()
    with pytest.raises(InputError, match=r"model\.tflite: cannot be read"):
        read_model(folder.path)


@pytest.mark.parametrize("content", [b"", b"TFL3", b"\x89PNG\r\n\x1a\n" + bytes(64)])
def test_file_that_is_no_tflite_is_refused(folder, content):
    (folder.path / "model.tflite").write_bytes(content)
    with pytest.raises(InputError, match="not a TensorFlow Lite file"):
        read_model(folder.path)


def test_changed_tflite_is_refused_with_both_hashes(folder):
    (folder.path / "model.tflite").write_bytes(folder.tflite + b"\0")
    with pytest.raises(InputError, match=r"sha256 is [0-9a-f]{64}, but model\.toml says [0-9a-f]{64}"):
        read_model(folder.path)


def test_renamed_folder_is_refused(folder):
    renamed = shutil.move(folder.path, folder.path.with_name("other"))
    with pytest.raises(InputError, match="name is 'tiny' but the folder is 'other'"):
        read_model(renamed)


def test_an_engine_may_have_a_tolerance_of_its_own(folder):
    folder.write_toml("[golden]", "[tolerances]\ntflm = 3\n\n[golden]")
    model = read_model(folder.path)
    assert [model.tolerance_of(engine) for engine in ("tflm", "generated")] == [3.0, 0.0]


def test_a_tolerance_that_is_no_number_is_refused(folder):
    folder.write_toml("[golden]", '[tolerances]\ntflm = "some"\n\n[golden]')
    with pytest.raises(InputError, match=r"key 'tolerances\.tflm' must be a number; found 'some'"):
        read_model(folder.path)
