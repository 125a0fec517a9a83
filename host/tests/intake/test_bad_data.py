"""Test data that cannot be used: one line says what was expected and what was seen, and nothing is written."""

from __future__ import annotations

import io
import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tflite_builder import TfliteBuilder

from mcubench.errors import InputError
from mcubench.intake import sample
from mcubench.intake.samples import read_samples
from mcubench.models import Tensor

GOOD = np.zeros((3, 4), np.float32)


def files(folder):
    """Files of every kind, by name."""
    np.savez(folder / "names.npz", a=GOOD, b=GOOD)
    np.savez(folder / "texts.npz", x=np.array(["a"]), y=[1])
    np.savez(folder / "objects.npz", x=np.array([None, 1], object))
    np.savez(folder / "uneven.npz", x=GOOD, y=[0, 1])
    np.savez(folder / "classes.npz", x=GOOD, y=[0, 1, 4])
    np.savez(folder / "halves.npz", x=GOOD, y=[0, 1, 0.5])
    np.savez(folder / "odd.npz", x=GOOD, y=np.zeros((3, 2)))
    np.savez(folder / "good.npz", x=GOOD, y=[0, 1, 2])
    np.save(folder / "shape.npy", np.zeros((3, 5), np.float32))
    np.save(folder / "turned.npy", np.zeros((4, 3), np.float32))
    np.save(folder / "nan.npy", np.full((3, 4), np.nan, np.float32))
    np.save(folder / "bool.npy", np.zeros((3, 4), bool))
    np.save(folder / "empty.npy", np.zeros((0, 4), np.float32))
    np.save(folder / "scalar.npy", np.float32(1))
    (folder / "below.npy").write_bytes((folder / "empty.npy").read_bytes().replace(b"(0, 4)", b"(-1,4)"))
    with zipfile.ZipFile(folder / "pickle.npz", "w") as archive:
        archive.writestr("inputs.npy", pickle.dumps(GOOD))
    (folder / "cut.npz").write_bytes((folder / "good.npz").read_bytes()[:300])
    (folder / "cut.npy").write_bytes((folder / "shape.npy").read_bytes()[:60])
    (folder / "list.npz").write_bytes((folder / "shape.npy").read_bytes())
    (folder / "noise.npy").write_bytes(bytes(range(200)))
    (folder / "columns.csv").write_text("1.5,2\n")
    (folder / "ragged.csv").write_text("1.5,2,3,4\n1,2,3\n")
    (folder / "words.csv").write_text("1.5,2,3,4\n1,2,x,4\n")
    (folder / "none.csv").write_text("a,b,c,d\n")
    (folder / "range.csv").write_text("0,1,2,128\n")
    (folder / "latin.csv").write_bytes(b"\xff\xfe\xfa\n")
    (folder / "data.txt").write_text("1,2,3,4\n")
    for name in ("nobins", "sizes", "mixed", "lost", "which", "fewer", "slides"):
        (folder / name).mkdir()
    for name in ("mixed", "lost", "which", "fewer", "slides"):
        (folder / name / "a.bin").write_bytes(bytes(4))
    (folder / "sizes" / "a.bin").write_bytes(bytes(5))
    (folder / "mixed" / "b.bin").write_bytes(bytes(16))
    (folder / "lost" / "y_labels.csv").write_text("a.bin,4,1\nb.bin,4,2\n")
    (folder / "which" / "one.csv").write_text("a,1\n")
    (folder / "which" / "two.txt").write_text("1\n")
    (folder / "fewer" / "l.txt").write_text("1\n2\n")
    (folder / "slides" / "y_labels.csv").write_text("a.bin,2,1,2560,512\n")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("absent.npz", r"absent\.npz: cannot be read \(No such file or directory\)"),
        ("names.npz", r"no array is named as inputs are \(inputs, input, .*\); found a, b"),
        ("texts.npz", r"'x' must be numbers, found <U1"),
        ("objects.npz", r"damaged: Object arrays"),
        ("uneven.npz", r"there are 3 vectors but 2 labels; one per vector is needed"),
        ("classes.npz", r"top1 needs labels from 0 to 3 for this model; found 0 to 4"),
        ("halves.npz", r"labels of shape \(3,\) are neither numbers of classes nor of the output's shape \('n', 4\)"),
        ("odd.npz", r"labels of shape \(3, 2\) are neither"),
        ("shape.npy", r"inputs are of shape \(3, 5\), expected \('n', 2, 2\) or \('n', 4\)"),
        ("turned.npy", r"inputs are of shape \(4, 3\)"),
        ("nan.npy", r"inputs have 12 values that are not finite numbers"),
        ("bool.npy", r"inputs are true or false"),
        ("empty.npy", r"'array' is of shape \(0, 4\), expected one row per vector"),
        ("scalar.npy", r"'array' is of shape \(\)"),
        ("below.npy", r"damaged: "),
        ("pickle.npz", r"'inputs' is no array as numpy saves them"),
        ("cut.npz", r"damaged: "),
        ("cut.npy", r"damaged: "),
        ("list.npz", r"expected an archive as numpy.savez writes it, found one array; name it .npy"),
        ("noise.npy", r"damaged: "),
        ("columns.csv", r"has 2 columns, expected 4 for the model's input \[1, 2, 2\], or with labels 5 or 8"),
        ("ragged.csv", r"ragged\.csv:2: expected 4 columns as in the first row, saw 3"),
        ("words.csv", r"words\.csv:2: expected numbers, saw 'x'"),
        ("none.csv", r"there are no rows of numbers"),
        ("range.csv", r"whole numbers from 0 to 128 do not fit int8"),
        ("latin.csv", r"not a text of rows"),
        ("data.txt", r"vectors are read from .npz, .npy, .csv, or a folder of .bin files; found '.txt'"),
        ("nobins", r"expected .bin files with one vector each, found none"),
        ("sizes", r"a\.bin: has 5 bytes, expected 4 or 16"),
        ("mixed", r"b\.bin: has 16 bytes, but a\.bin has 4"),
        ("lost", r"names 'b\.bin', which is not in .*lost; 1 such names"),
        ("which", r"which of one\.csv, two\.txt has the labels\? Name it with --labels"),
        ("fewer", r"there are 1 \.bin files but 2 labels"),
        ("slides", r"y_labels\.csv:1: expected 'name,label' or 'name,classes,label', saw 'a\.bin,2,1,2560,512'"),
    ],
)
def test_data_that_cannot_be_used_is_named(add, tmp_path, name, message):
    files(tmp_path)
    with pytest.raises(InputError, match=message) as caught:
        add(vectors=tmp_path / name)
    assert "\n" not in str(caught.value)
    assert not list((tmp_path / "models").glob("*"))


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        ({"labels": "good.npz"}, "--labels is for test data; bring some with --vectors"),
        ({"metric": "top1"}, "--metric is for test data"),
        ({"threshold": 0.5}, "--threshold is for test data"),
        ({"vectors": "good.npz", "count": 3}, "--count and --seed are for random vectors"),
        ({"vectors": "shape.npy", "metric": "top1"}, r"inputs are of shape"),
        ({"vectors": "data.npy", "metric": "top1"}, r"has no labels to compare with; bring them with --labels"),
        ({"vectors": "data.npy", "threshold": 0.1}, r"has no labels to compare with"),
        ({"vectors": "data.npy", "labels": "good.npz"}, None),
        ({"vectors": "data.npy", "labels": "good.bin"}, r"labels are read from .npz, .npy, .csv or .txt; found '.bin'"),
        ({"vectors": "good.npz", "metric": "auc"}, r"auc needs a model with one output or two; this one has 4"),
        ({"vectors": "good.npz", "metric": "mae"}, r"mae needs labels that are finite numbers of the output's shape"),
        ({"vectors": "good.npz", "threshold": 0.9}, r"top1 is 0.3333, --threshold asks for at least 0.9"),
        ({"name": "Large"}, r"'Large' is no model name"),
        ({"name": "../up"}, r"'../up' is no model name"),
        ({"name": "models"}, r"a model cannot be called 'models', because a file of the firmware is"),
    ],
)
def test_wishes_that_do_not_fit_are_named(add, tmp_path, wishes, message):
    files(tmp_path)
    np.save(tmp_path / "data.npy", GOOD)
    paths = {key: tmp_path / value if key in ("vectors", "labels") else value for key, value in wishes.items()}
    if message is None:
        assert add(**paths).description.metric == "top1"
        return
    with pytest.raises(InputError, match=message):
        add(**paths)


def test_an_archive_that_unpacks_to_more_than_fits_is_refused_before_it_is(add, tmp_path, monkeypatch):
    monkeypatch.setattr("mcubench.intake.arrays.MOST_BYTES", 1 << 20)
    header = io.BytesIO()
    np.lib.format.write_array_header_2_0(header, {"descr": "|i1", "fortran_order": False, "shape": (2 << 20, 4)})
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", header.getvalue() + bytes(8 << 20))
    with pytest.raises(InputError, match=r"bytes unpacked, expected at most 1048576"):
        add(vectors=tmp_path / "bomb.npz")


def test_a_file_that_is_too_large_is_refused_unread(add, tmp_path, monkeypatch):
    monkeypatch.setattr(sample, "MOST_BYTES", 100)
    np.save(tmp_path / "data.npy", GOOD)
    with pytest.raises(InputError, match=r"has 176 bytes, expected at most 100; take a part of the test data"):
        add(vectors=tmp_path / "data.npy")


def test_numbers_without_a_scale_cannot_be_made_up(add, write_model):
    file = write_model("int32", scale=[], zero_point=0)
    with pytest.raises(InputError, match=r"int32 without a scale, so random numbers would mean nothing"):
        add(file)


@pytest.mark.parametrize(("kind", "role"), [("int64", "input"), ("int64", "output")])
def test_types_that_no_board_takes_are_refused(add, tmp_path, kind, role):
    model = TfliteBuilder()
    source = model.tensor((1, 4), kind if role == "input" else np.int8, scale=0.1)
    result = model.tensor((1, 4), kind if role == "output" else np.int8, scale=0.1)
    model.operator("CAST", [source], [result])
    (tmp_path / "cast.tflite").write_bytes(model.build([source], [result]))
    with pytest.raises(InputError, match=f"cast.tflite: the model's {role} is of type int64, expected int8, uint8"):
        add(tmp_path / "cast.tflite")


FLOATS = Tensor("float32", (1, 4), None, None)


@pytest.mark.parametrize("name", ["good.npz", "shape.npy", "good.csv"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=250, deadline=None)
@given(
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(max_size=3)), min_size=1),
    cut=st.floats(0, 1),
)
def test_damaged_files_are_refused_or_still_read(tmp_path, name, changes, cut):
    if not (tmp_path / "good.csv").exists():
        files(tmp_path)
        (tmp_path / "good.csv").write_text("a,b,c,d,y\n" + "0.5,1e3,-2,3,1\n" * 5)
    data = bytearray((tmp_path / name).read_bytes())
    for place, new in changes:
        at = int(place * len(data))
        data[at : at + len(new)] = new
    path = tmp_path / f"damaged{name[-4:]}"
    path.write_bytes(data[: int(cut * len(data))] if cut < 0.5 else data)
    try:
        read_samples(path, None, FLOATS, FLOATS)
    except InputError as error:
        assert "\n" not in str(error)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None)
@given(suffix=st.sampled_from([".npz", ".npy", ".csv"]), data=st.binary(max_size=300))
@example(suffix=".npy", data=b"\x93NUMPY\x01\x00\x40\x00{'descr': '<f4', 'fortran_order': False, 'shape': (1L, 4), }\n")
@example(suffix=".npy", data=b"\x93NUMPY\x01\x00\x05\x00('''(\n")
@example(suffix=".csv", data=b'"' + b"1,2\n" * 40_000)
def test_any_bytes_are_refused(tmp_path, suffix, data):
    (tmp_path / f"any{suffix}").write_bytes(data)
    with pytest.raises(InputError):
        read_samples(tmp_path / f"any{suffix}", None, FLOATS, FLOATS)
