"""Model folders are written whole or not at all."""

from __future__ import annotations

import numpy as np
import pytest

from mcubench.errors import InputError
from mcubench.intake import remove_folder
from mcubench.intake.adding import DEFAULT_COUNT
from mcubench.models import list_models, read_model, read_vectors


def test_a_folder_says_all_that_is_known(add, write_model):
    added = add(write_model(name="My Net 2.tflite"), licence='"Mine"\n\x7f\\')
    model = read_model(added.folder)
    assert (model.name, model.licence, model.random_vectors) == ("my-net-2", '"Mine"\n?\\', True)
    assert (model.metric, model.threshold, model.tolerance) == (None, None, 0.0)
    assert (model.input.shape, model.input.scale, model.input.zero_point) == ((1, 2, 2), 0.5, -1)
    assert (model.golden.tool, model.golden.resolver) == ("ai-edge-litert", "BUILTIN_REF")
    assert model.added == added.description.added
    assert len(read_vectors(model)) == DEFAULT_COUNT


def test_a_folder_that_is_there_is_left_alone_or_replaced_whole(add, tmp_path):
    first = add()
    (first.folder / "arena.toml").write_text("")
    with pytest.raises(InputError, match=r"is there already; give another --name, or --force to replace it"):
        add(seed=2)
    assert (first.folder / "arena.toml").exists()
    add(seed=2, force=True)
    assert sorted(path.name for path in first.folder.iterdir()) == ["model.tflite", "model.toml", "vectors.npz"]
    assert list((tmp_path / "models").iterdir()) == [first.folder]


def test_what_is_no_model_folder_is_never_replaced(add, tmp_path):
    other = tmp_path / "models" / "net"
    other.mkdir(parents=True)
    (other / "precious").write_text("")
    with pytest.raises(InputError, match=r"is there and is no model folder; give another --name"):
        add(force=True)
    assert (other / "precious").exists()


def test_nothing_is_left_where_the_disk_refuses(add, tmp_path, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mcubench.intake.folder.np.savez_compressed", full)
    with pytest.raises(InputError, match=r"net: cannot be written \(No space left on device\)"):
        add()
    assert list((tmp_path / "models").iterdir()) == []


def test_removing_leaves_the_others(add, tmp_path):
    add(name="one")
    two = add(name="two")
    remove_folder(two.folder)
    assert list_models(tmp_path / "models") == ["one"]


@pytest.mark.parametrize(
    ("kind", "scale", "tolerance"), [("int8", 0.5, 0.0), ("float32", 1.0, 1e-5), ("float32", 1000.0, 1e-2)]
)
def test_floats_may_differ_by_a_part_of_the_largest_output(add, write_model, tmp_path, kind, scale, tolerance):
    np.save(tmp_path / "data.npy", np.array([[0, 1, -1, 0.5]], np.float32) * scale)
    added = add(write_model(kind), vectors=tmp_path / "data.npy")
    assert read_model(added.folder).tolerance == pytest.approx(tolerance)


def test_a_tensor_without_a_batch_is_one_vector(add, write_model):
    added = add(write_model(shape=(2, 2), target=(4,)))
    model = read_model(added.folder)
    assert (model.input.shape, model.output.shape) == ((1, 2, 2), (1, 4))
    assert read_vectors(model).outputs.shape == (DEFAULT_COUNT, 4)
