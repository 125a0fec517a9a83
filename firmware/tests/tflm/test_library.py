"""Where the -local environments take TFLM from, and the one line that says what is wrong with it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from pio import run_pio

ENVIRONMENT = "stm32f746-tflm-local"
WANTED = "pio-tflite-lib 1.1.1 (git clone https://github.com/trylaarsdam/pio-tflite-lib.git, commit a887b00)"
MANIFEST = {
    "name": "Tensorflow Lite for Microcontrollers (WCL)",
    "version": "1.1.1",
    "repository": {"type": "git", "url": "https://github.com/trylaarsdam/pio-tflite-lib.git"},
}


def run_scripts(tmp_path: Path, library: Path | str, status: int = 0) -> str:
    """Run what comes before the first compiler, with MCUBENCH_LIB_DIR set, and return what was printed."""
    command = ("run", "--silent", "--environment", ENVIRONMENT, "--target", "envdump")
    # A folder of its own: another build directory has other places for libraries too.
    variables = {"MCUBENCH_LIB_DIR": str(library), "PLATFORMIO_BUILD_DIR": str(tmp_path / "build")}
    return run_pio(*command, status=status, PLATFORMIO_LIBDEPS_DIR=str(tmp_path / "libdeps"), **variables)


def refusal(tmp_path: Path, library: Path | str) -> str:
    """Return the one line of our script; the rest is PlatformIO's summary."""
    printed = run_scripts(tmp_path, library, status=1)
    assert "Traceback" not in printed
    lines = [line for line in printed.splitlines() if line.startswith("library: ")]
    assert len(lines) == 1, printed
    assert WANTED in lines[0]
    return lines[0]


def write_library(folder: Path, **changes: object) -> Path:
    """Write a folder that looks like the library, but for `changes` to its manifest."""
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "file.cc").write_text("int x;\n")
    (folder / "library.json").write_text(json.dumps(MANIFEST | changes))
    return folder


def test_where_it_is_neither_fetched_nor_named_the_line_says_what_to_do(tmp_path: Path) -> None:
    assert "put it into a folder and name that in MCUBENCH_LIB_DIR" in refusal(tmp_path, "")


def test_a_folder_that_is_not_there_or_is_an_archive(tmp_path: Path) -> None:
    assert "which is no folder" in refusal(tmp_path, tmp_path / "nowhere")
    (tmp_path / "lib.zip").write_bytes(b"PK\x03\x04")
    assert "which is no folder; it must be or hold" in refusal(tmp_path, tmp_path / "lib.zip")


def test_a_folder_without_the_library(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    assert "holds no library.json" in refusal(tmp_path, tmp_path / "lib")
    write_library(tmp_path / "lib" / "other", repository="https://example.org/other.git")
    assert "holds no library.json" in refusal(tmp_path, tmp_path / "lib")


def test_a_manifest_that_cannot_be_read(tmp_path: Path) -> None:
    (write_library(tmp_path / "lib") / "library.json").write_text('{"version": "1.1')
    assert "library.json cannot be read" in refusal(tmp_path, tmp_path / "lib")


def test_another_version(tmp_path: Path) -> None:
    write_library(tmp_path / "lib", version="1.0.2")
    assert "is version 1.0.2 of the library; expected" in refusal(tmp_path, tmp_path / "lib")


def test_a_library_that_is_not_complete(tmp_path: Path) -> None:
    write_library(tmp_path / "lib")
    assert "is not complete or was changed (1 files of 419)" in refusal(tmp_path, tmp_path / "lib")


@pytest.fixture
def real_library() -> Path:
    """The library that MCUBENCH_LIB_DIR names or holds."""
    named = os.environ.get("MCUBENCH_LIB_DIR")
    if not named:
        pytest.skip("MCUBENCH_LIB_DIR is not set: no TensorFlow Lite for Microcontrollers (docs/tflm.md)")
    return next(Path(named).glob("**/library.json")).parent


def test_the_library_is_taken_from_its_own_folder_or_one_that_holds_it(real_library: Path, tmp_path: Path) -> None:
    run_scripts(tmp_path, real_library)
    run_scripts(tmp_path, real_library.parent)
    shutil.copytree(real_library, tmp_path / "libdeps" / ENVIRONMENT.removesuffix("-local") / "any name")
    run_scripts(tmp_path, "")  # as PlatformIO has fetched it


def test_one_changed_byte_is_found(real_library: Path, tmp_path: Path) -> None:
    shutil.copytree(real_library, tmp_path / "lib")
    file = tmp_path / "lib" / "src" / "tensorflow" / "lite" / "micro" / "micro_interpreter.cc"
    file.write_bytes(file.read_bytes()[:-1])
    assert "is not complete or was changed (other contents)" in refusal(tmp_path, tmp_path / "lib")
