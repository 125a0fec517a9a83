from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mcubench.errors import InputError
from mcubench.models import read_model, read_vectors


def test_good_vectors_are_read(folder):
    vectors = read_vectors(read_model(folder.path))
    assert len(vectors) == 5
    assert vectors.payload() == bytes(range(20))
    assert vectors.labels.tolist() == [0, 1, 2, 0, 1]


def test_first_vectors(folder):
    vectors = read_vectors(read_model(folder.path)).first(2)
    assert (len(vectors), vectors.payload(), vectors.outputs.shape) == (2, bytes(range(8)), (2, 3))


@pytest.mark.parametrize("count", [0, -1, 6])
def test_more_vectors_than_there_are_is_refused(folder, count):
    with pytest.raises(InputError, match=f"{count} vectors were asked for; the model has 1 to 5"):
        read_vectors(read_model(folder.path)).first(count)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"inputs": np.zeros((5, 2, 3), np.int8)}, r"inputs must be int8 \(5, 2, 2\).*found int8 \(5, 2, 3\)"),
        ({"inputs": np.zeros((5, 2, 2), np.uint8)}, r"inputs must be int8 .*found uint8"),
        ({"inputs": np.zeros((4, 2, 2), np.int8)}, r"outputs must be float32 \(4, 3\).*found float32 \(5, 3\)"),
        ({"outputs": np.zeros((5, 3), np.float64)}, r"outputs must be float32 \(5, 3\).*found float64"),
        ({"outputs": np.zeros((5, 3), ">f4")}, r"outputs must be float32 \(5, 3\).*found >f4"),
        ({"outputs": np.zeros((5, 1, 3), np.float32)}, r"outputs must be float32 \(5, 3\)"),
        ({"inputs": np.zeros((0, 2, 2), np.int8)}, r"there are no inputs"),
        ({"inputs": None}, r"array 'inputs' is missing; found labels, outputs"),
        ({"labels": np.zeros(5)}, r"top1 needs labels that are whole numbers \(5,\); found float64 \(5,\)"),
        ({"labels": np.zeros((5, 1), int)}, r"top1 needs labels that are whole numbers"),
        ({"labels": np.array([0, 1, 2, 3, 0])}, r"top1 needs labels from 0 to 2 for this model; found 0 to 3"),
        ({"labels": np.array([0, 1, 2, -1, 0])}, r"found -1 to 2"),
        ({"labels": np.zeros(4, int)}, r"there are 5 inputs, but labels of shape \(4,\); one per input is needed"),
        ({"labels": np.zeros(0, int)}, r"there are 5 inputs, but labels of shape \(0,\)"),
        ({"labels": np.array(3)}, r"there are 5 inputs, but labels of shape \(\)"),
        ({"labels": np.array(["a", "b", "c", "d", "e"])}, r"labels must be numbers; found <U1"),
        ({"labels": None}, r"array 'labels' is missing, which the metric top1 needs"),
        ({"labels": np.array(["a", None, 1, 2, 3], dtype=object)}, r"damaged: Object arrays"),
    ],
)
def test_vectors_that_do_not_fit_are_refused(folder, changed, message):
    folder.write_vectors(**changed)
    with pytest.raises(InputError, match=message) as caught:
        read_vectors(read_model(folder.path))
    assert "\n" not in str(caught.value)


WITHOUT_METRIC = 'metric = "top1"\nthreshold = 0.5\n'


def test_labels_may_be_absent_where_there_is_no_metric(folder):
    folder.write_toml(WITHOUT_METRIC)
    folder.write_vectors(labels=None)
    vectors = read_vectors(read_model(folder.path))
    assert (len(vectors), vectors.labels, vectors.first(2).labels) == (5, None, None)


def test_labels_of_an_error_have_the_outputs_shape(folder):
    folder.write_toml(WITHOUT_METRIC, 'metric = "mae"\n')
    folder.write_vectors(labels=np.ones((5, 3), np.float32))
    labels = read_vectors(read_model(folder.path)).labels
    assert (labels.shape, labels.dtype) == ((5, 3), np.float64)
    for bad in (np.ones((5, 2)), np.full((5, 3), np.inf)):
        folder.write_vectors(labels=bad)
        with pytest.raises(
            InputError, match=r"mae needs labels that are finite numbers of the output's shape \(5, 3\)"
        ):
            read_vectors(read_model(folder.path))


def test_absent_file_is_refused(folder):
    (folder.path / "vectors.npz").unlink()
    with pytest.raises(InputError, match=r"vectors\.npz: cannot be read"):
        read_vectors(read_model(folder.path))


def test_single_array_is_refused(folder):
    data = io.BytesIO()
    np.save(data, np.zeros(3))
    (folder.path / "vectors.npz").write_bytes(data.getvalue())
    with pytest.raises(InputError, match=r"not an \.npz archive of inputs, outputs"):
        read_vectors(read_model(folder.path))


def test_member_that_is_no_array_is_refused(folder):
    with zipfile.ZipFile(folder.path / "vectors.npz", "w") as archive:
        archive.writestr("inputs.npy", b"no array")
        archive.writestr("outputs.npy", b"no array")
    with pytest.raises(InputError, match=r"vectors\.npz: 'inputs' is no array as numpy saves them"):
        read_vectors(read_model(folder.path))


@given(data=st.binary(max_size=200))
@example(b"")
@example(b"PK\x03\x04 cut off")
@example(b"\x93NUMPY\x01\x00")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
def test_file_that_is_no_archive_is_refused(folder, data):
    (folder.path / "vectors.npz").write_bytes(data)
    with pytest.raises(InputError):
        read_vectors(read_model(folder.path))


@given(place=st.floats(0, 1, exclude_max=True), value=st.integers(0, 255), cut=st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None)
def test_damaged_archive_is_refused_or_still_fits(folder, place, value, cut):
    folder.write_vectors()
    path = folder.path / "vectors.npz"
    data = bytearray(path.read_bytes())
    at = int(place * len(data))
    data[at] = value
    path.write_bytes(data[:at] if cut else data)
    try:
        vectors = read_vectors(read_model(folder.path))
    except InputError as error:
        assert "\n" not in str(error)
    else:
        assert (vectors.inputs.shape, vectors.outputs.shape) == ((5, 2, 2), (5, 3))
