"""Which models are tried in one image together."""

from __future__ import annotations

from pathlib import Path

import pytest
from dense_folder import write_dense_folder

from mcubench.images.provide import _groups
from mcubench.models import Model


@pytest.fixture
def models(tmp_path: Path) -> list[Model]:
    """Files of a little more than 6, 4, 3 and 1 KB."""
    return [write_dense_folder(tmp_path, f"m{size}", 1000, size) for size in (6, 4, 3, 1)]


def names(groups: list[list[Model]]) -> list[list[str]]:
    return [[model.name for model in group] for group in groups]


def test_all_that_may_fit_go_together(models: list[Model]) -> None:
    assert names(_groups(models, 1 << 20)) == [["m6", "m4", "m3", "m1"]]
    assert names(_groups(models, None)) == [["m6", "m4", "m3", "m1"]]


def test_what_cannot_fit_together_goes_into_several_images(models: list[Model]) -> None:
    assert names(_groups(models, 16 << 10)) == [["m6", "m4"], ["m3", "m1"]]


def test_what_cannot_fit_alone_is_tried_alone(models: list[Model]) -> None:
    assert names(_groups(models, 4 << 10)) == [["m6"], ["m4"], ["m3"], ["m1"]]


@pytest.mark.parametrize("flash_bytes", [None, 1 << 20])
def test_names_that_are_one_in_c_go_into_several_images(tmp_path: Path, flash_bytes: int | None) -> None:
    models = [write_dense_folder(tmp_path, name, 10, 1) for name in ("a-b", "a.b", "a_b.", "ab")]
    assert names(_groups(models, flash_bytes)) == [["a-b", "ab"], ["a.b"], ["a_b."]]
