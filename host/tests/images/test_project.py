"""What makes an image out of date."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcubench.images import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    for name in ("platformio.ini", "firmware/common/a.c", "firmware/tests/t.c", "host/mcubench/codegen/c.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    return Project(tmp_path)


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("platformio.ini", True),
        ("firmware/common/a.c", True),
        ("firmware/common/new.h", True),
        ("host/mcubench/codegen/c.py", True),
        ("firmware/tests/t.c", False),
        ("host/mcubench/cli/sweep.py", False),
        ("README.md", False),
    ],
)
def test_a_source_that_changed(project: Project, name: str, counts: bool) -> None:
    before = project.fingerprint()
    assert project.fingerprint() == before
    (project.folder / name).parent.mkdir(parents=True, exist_ok=True)
    (project.folder / name).write_text("2")
    assert (project.fingerprint() != before) == counts


def test_a_file_that_was_moved(project: Project) -> None:
    before = project.fingerprint()
    (project.folder / "firmware" / "common" / "a.c").rename(project.folder / "firmware" / "common" / "b.c")
    assert project.fingerprint() != before


@pytest.mark.parametrize(
    ("name", "counts"), [("PLATFORMIO_BUILD_FLAGS", True), ("MCUBENCH_LIB_DIR", True), ("MCUBENCH_MODELS", False)]
)
def test_a_variable_that_changed(project: Project, monkeypatch: pytest.MonkeyPatch, name: str, counts: bool) -> None:
    before = project.fingerprint()
    monkeypatch.setenv(name, "-Og")
    assert (project.fingerprint() != before) == counts
