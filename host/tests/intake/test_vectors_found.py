"""Test data in every form in which it may come, through to the vectors of the model folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mcubench.errors import InputError

REAL = np.array([[0.5, 1.0, 0.0, -0.5], [2.0, 0.0, -3.0, 63.9]], np.float32)
STORED = [[0, 1, -1, -2], [3, -1, -7, 127]]  # 63.9 / 0.5 - 1, cut off at 127
LABELS = [1, 3]


@pytest.mark.parametrize(
    ("inputs", "labels"),
    [("inputs", "labels"), ("x_test", "y_test"), ("X", "Y"), ("x", "targets"), ("arr_0", "arr_1")],
)
@pytest.mark.parametrize("shape", [(2, 4), (2, 2, 2), (2, 2, 2, 1), (2, 1, 2, 2)])
def test_archives_are_read_by_the_names_that_people_give(gather, tmp_path, inputs, labels, shape):
    np.savez(tmp_path / "data.npz", **{inputs: REAL.reshape(shape), labels: LABELS, "x_train": np.zeros((9, 4))})
    assert gather(vectors=tmp_path / "data.npz")[:2] == (STORED, LABELS)


def test_test_data_goes_before_what_may_be_all_data(gather, tmp_path):
    np.savez(tmp_path / "data.npz", x=REAL * 0, x_test=REAL, y=[0, 0], y_test=LABELS)
    assert gather(vectors=tmp_path / "data.npz")[:2] == (STORED, LABELS)


def test_a_single_array_is_the_inputs(gather, tmp_path):
    np.savez(tmp_path / "data.npz", something=REAL)
    np.save(tmp_path / "data.npy", REAL)
    assert gather(vectors=tmp_path / "data.npz")[:2] == (STORED, None)
    assert gather(vectors=tmp_path / "data.npy")[:2] == (STORED, None)


@pytest.mark.parametrize("name", ["l.npy", "l.npz", "l.csv", "l.txt"])
def test_labels_may_be_in_a_file_of_their_own(gather, tmp_path, name):
    np.save(tmp_path / "data.npy", REAL)
    np.save(tmp_path / "l.npy", LABELS)
    np.savez(tmp_path / "l.npz", y_test=LABELS, y_train=[0])
    (tmp_path / "l.csv").write_text("label\n1\n3\n")
    (tmp_path / "l.txt").write_text("1\n3\n")
    assert gather(vectors=tmp_path / "data.npy", labels=tmp_path / name)[:2] == (STORED, LABELS)


@pytest.mark.parametrize(
    "text",
    [
        "0.5,1,0,-0.5,1\n2,0,-3,63.9,3\n",
        "a,b,c,d,e\n0.5,1,0,-0.5,1\n\n2,0,-3,63.9,3\n",
        "Label,a,b,c,d\n1,0.5,1,0,-0.5\n3,2,0,-3,63.9\n",
        "\ufeffa;b;c;d;target\r\n0.5;1;0;-0.5;1\r\n2;0;-3;63.9;3\r\n",
        "0.5\t1\t0\t-5e-1\t1\n2\t0\t-3\t63.9\t3\n",
    ],
)
def test_rows_of_text_hold_a_vector_and_its_label(gather, tmp_path, text):
    (tmp_path / "data.csv").write_text(text)
    assert gather(vectors=tmp_path / "data.csv")[:2] == (STORED, LABELS)


def test_whole_numbers_in_text_are_what_an_integer_input_holds(gather, tmp_path):
    (tmp_path / "data.csv").write_text("0,1,-1,-2\n3,-1,-7,127\n")
    inputs, labels, notes = gather(vectors=tmp_path / "data.csv")
    assert (inputs, labels) == (STORED, None)
    assert "whole numbers, taken as stored int8 values" in notes[0]


def test_wanted_outputs_may_stand_behind_the_vector(add, tmp_path):
    (tmp_path / "data.csv").write_text("0.5,1,0,-0.5,0.5,1,0,-0.25\n")
    added = add(vectors=tmp_path / "data.csv", metric="mae")
    assert added.score == 0.0625
    assert added.description.threshold == pytest.approx(0.0625 * 1.05, rel=1e-3)


def write_bins(folder: Path, kind: str) -> None:
    folder.mkdir()
    for name, row in (("v2.bin", 0), ("v10.bin", 1)):  # in the order in which people count
        values = REAL[row] if kind == "float32" else np.array(STORED[row], np.int8)
        (folder / name).write_bytes(values.tobytes())


@pytest.mark.parametrize("kind", ["int8", "float32"])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("y_labels.csv", "v2.bin,12,1\nv10.bin,12,3\n"),
        ("labels.csv", "file,label\nv2,1\nv10,3\n"),
        ("labels.txt", "1\n3\n"),
    ],
)
def test_raw_files_have_a_file_of_labels(gather, tmp_path, kind, name, text):
    write_bins(tmp_path / "bins", kind)
    (tmp_path / "bins" / name).write_text(text)
    assert gather(vectors=tmp_path / "bins")[:2] == (STORED, LABELS)


def test_raw_files_come_in_the_order_of_their_labels_and_others_are_left_out(gather, tmp_path):
    write_bins(tmp_path / "bins", "int8")
    (tmp_path / "l.csv").write_text("v10.bin,3\n")
    assert gather(vectors=tmp_path / "bins", labels=tmp_path / "l.csv")[:2] == (STORED[1:], [3])


def test_raw_files_need_no_labels(gather, tmp_path):
    write_bins(tmp_path / "bins", "int8")
    assert gather(vectors=tmp_path / "bins")[:2] == (STORED, None)


@pytest.mark.parametrize(("kind", "low", "high"), [("int8", -128, 127), ("uint8", 0, 255), ("int16", -32768, 32767)])
def test_without_data_inputs_are_random_and_the_same_for_the_same_seed(gather, write_model, kind, low, high):
    file = write_model(kind, (1, 400), (1, 400), zero_point=0)
    first, again, other = (gather(file, count=5, seed=seed)[0] for seed in (None, 1, 2))
    assert first == again != other
    spread = (high - low) / 50
    assert low <= np.min(first) < low + spread
    assert high - spread < np.max(first) <= high


def test_values_beyond_what_the_input_holds_are_told(gather, tmp_path):
    np.save(tmp_path / "data.npy", np.array([[0, 1, 64.2, 1000]], np.float32))
    assert "1 of 4 values lay outside -63.5 to 64 and were cut to that" in gather(vectors=tmp_path / "data.npy")[2]


@pytest.mark.parametrize("kind", ["u1", "i2", "i8", ">i4"])
def test_whole_numbers_are_real_values_for_floats(gather, write_model, tmp_path, kind):
    np.save(tmp_path / "data.npy", np.array([[1, 2, 3, 4]], kind))
    assert gather(write_model("float32"), vectors=tmp_path / "data.npy")[:2] == ([[1.0, 2.0, 3.0, 4.0]], None)


@pytest.mark.parametrize("kind", ["u1", "i2", "i8"])
def test_whole_numbers_of_another_type_are_refused(gather, tmp_path, kind):
    np.save(tmp_path / "data.npy", np.array([[1, 2, 3, 4]], kind))
    with pytest.raises(InputError, match=r"the model's input is int8 with scale 0.5 and zero point -1; save what"):
        gather(vectors=tmp_path / "data.npy")


def test_bytes_of_the_other_order_are_turned(gather, write_model, tmp_path):
    np.save(tmp_path / "data.npy", np.array([[1, 2, 3, 400]], ">i2"))
    assert gather(write_model("int16", zero_point=0), vectors=tmp_path / "data.npy")[:2] == ([[1, 2, 3, 400]], None)
