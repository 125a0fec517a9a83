"""Images that hold what is asked for, built once for as long as no source changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from dense_folder import write_dense_folder

from mcubench.boards import KnownBoard, known_board
from mcubench.errors import InputError, NoImageError
from mcubench.image_layout import read_layout
from mcubench.images import EmbeddedModel, Project, build_image, find_project, provide_images
from mcubench.models import Model

ROOT = Path(__file__).resolve().parents[3]


def board(name: str) -> KnownBoard:
    found = known_board(name)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Model]:
    """`small` fits everywhere, `wide` has an input larger than a board's arena."""
    folder = tmp_path_factory.mktemp("models")
    sizes = {"small": (40, 8), "wide": (240_000, 1)}
    return {name: write_dense_folder(folder, name, *size) for name, size in sizes.items()}


@pytest.fixture(autouse=True)
def in_project(monkeypatch: pytest.MonkeyPatch) -> None:
    if not (ROOT / ".pio-core" / "packages" / "tool-scons").is_dir():
        pytest.skip("no .pio-core/packages/tool-scons: run `make setup`")
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("PLATFORMIO_BUILD_DIR", raising=False)


def test_models_in_an_image_are_those_asked_for_and_nothing_is_built_twice(models: dict[str, Model]) -> None:
    lines: list[str] = []
    for _ in range(2):
        provided = provide_images(board("stm32f746"), "generated", list(models.values()), lines.append)
        (held,) = provided.images
        assert held.models == (models["small"],)
        layout = read_layout(held.image)
        assert list(layout.model_flash_bytes) == ["small"]
        assert models["small"].sha256.encode() in held.image.read_bytes()
        assert provided.refused.keys() == {"wide"}
        assert "the board has 229376" in provided.refused["wide"]
        told = len(lines)
    assert told == len(lines)
    assert all(line.startswith("building stm32f746 with ") for line in lines)


def test_a_refusal_is_remembered(models: dict[str, Model]) -> None:
    wide = [EmbeddedModel.of(models["wide"])]
    builds: list[None] = []
    for _ in range(2):
        with pytest.raises(NoImageError, match="the board has 229376"):
            build_image(Project(ROOT), board("stm32f746"), "generated", wide, lambda: builds.append(None))
    assert len(builds) <= 1


def test_a_program_for_this_pc(models: dict[str, Model]) -> None:
    provided = provide_images(board("native"), "generated", [models["small"]], lambda _: None)
    assert models["small"].sha256.encode() in provided.images[0].image.read_bytes()


@pytest.mark.parametrize(
    ("name", "engine", "words"),
    [
        ("esp32", "generated", "pio run -e esp32"),
        ("stm32f746", "xcubeai", "are not built here"),
        ("nrf52840", "xcubeai", "cannot have the engine 'xcubeai'"),
    ],
)
def test_what_is_not_built_here(models: dict[str, Model], name: str, engine: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        build_image(Project(ROOT), board(name), engine, [EmbeddedModel.of(models["small"])], lambda: None)


def test_where_there_is_no_project_nothing_is_built(
    models: dict[str, Model], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("mcubench.images.project.HOME", tmp_path)
    with pytest.raises(InputError, match="run 'make firmware'"):
        provide_images(board("stm32f746"), "generated", [models["small"]], lambda _: None)


def test_in_another_folder_the_project_is_the_one_that_this_package_is_part_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_project() == Project(ROOT)
    mark = tmp_path / "firmware" / "scripts" / "embed_models.py"
    mark.parent.mkdir(parents=True)
    mark.touch()
    assert find_project() == Project(tmp_path)
