from __future__ import annotations

from pathlib import Path

import pytest

from mcubench.errors import InputError
from mcubench.models import find_models_folder, list_models, load_model


def test_nearest_models_folder_upwards_is_found(folder, monkeypatch):
    deep = folder.path.parent.parent / "a" / "b"
    (deep / "models").mkdir(parents=True)  # holds no model, as the package's own folder of that name
    monkeypatch.delenv("MCUBENCH_MODELS", raising=False)
    monkeypatch.chdir(deep)
    assert find_models_folder() == folder.path.parent


def test_argument_comes_before_environment(folder, monkeypatch, tmp_path):
    monkeypatch.setenv("MCUBENCH_MODELS", str(tmp_path / "elsewhere"))
    assert find_models_folder(folder.path.parent) == folder.path.parent


def test_environment_names_the_folder(folder, monkeypatch):
    monkeypatch.setenv("MCUBENCH_MODELS", str(folder.path.parent))
    assert find_models_folder() == folder.path.parent


def test_named_folder_without_models_is_refused(tmp_path):
    with pytest.raises(InputError, match="expected a folder of model folders"):
        find_models_folder(tmp_path)


def test_no_folder_anywhere_says_how_to_name_one(tmp_path, monkeypatch):
    monkeypatch.delenv("MCUBENCH_MODELS", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"--models or \$MCUBENCH_MODELS"):
        find_models_folder()


@pytest.fixture
def three(tmp_path: Path) -> Path:
    for name in ("digits-int8", "digits-int8-small", "faces"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.toml").touch()
    return tmp_path


def test_models_are_listed_in_order(three):
    assert list_models(three) == ["digits-int8", "digits-int8-small", "faces"]


def test_part_of_a_name_is_enough(folder):
    assert load_model("tin", folder.path.parent).name == "tiny"


def test_part_of_two_names_is_refused_with_both(three):
    with pytest.raises(InputError, match="may be digits-int8 or digits-int8-small"):
        load_model("digits", three)


def test_whole_name_wins_over_longer_ones(three):
    with pytest.raises(InputError, match=r"digits-int8/model\.toml"):  # it was chosen, and is an empty file
        load_model("digits-int8", three)


def test_unknown_name_is_answered_with_the_known_ones(three):
    with pytest.raises(InputError, match=r"no model 'resnet'.*digits-int8, digits-int8-small, faces"):
        load_model("resnet", three)
