"""Images that say which board they are for, and PlatformIO with test doubles of official platforms."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from mcubench.image_mark import read_mark
from mcubench.images import Project

ROOT = Path(__file__).resolve().parents[3]
DOUBLE = Path(__file__).parent / "double_platform"
SCONS = Path(".pio-core", "packages", "tool-scons")
# What [env:stm32f746] and [env:esp32] of platformio.ini ask for.
PLATFORMS = {"ststm32": "19.6.0", "espressif32": "6.13.0"}
TOOLCHAIN = ("toolchain-gccarmnoneeabi", "1.120301.0")
SOURCE = 'const char mark[] __attribute__((used)) = "mcubench-image board={} build={}";\n'


@pytest.fixture
def make_image(tmp_path: Path) -> Callable[[str, str], Path]:
    """A function that links an image which holds nothing but its mark."""
    if shutil.which("arm-none-eabi-gcc") is None:
        pytest.skip("no arm-none-eabi-gcc: run `make setup`")

    def make(board: str, build_id: str) -> Path:
        source, elf = tmp_path / f"{build_id}.c", tmp_path / f"{build_id}.elf"
        source.write_text(SOURCE.format(board, build_id))
        options = ["-nostdlib", "-mthumb", "-mcpu=cortex-m4", "-Wl,-Ttext=0x08000000,-e0", "-o", str(elf), str(source)]
        subprocess.run(["arm-none-eabi-gcc", *options], check=True, timeout=60, capture_output=True)
        return elf

    return make


@pytest.fixture
def double_core(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """PlatformIO's core folder with the double in place of official platforms; returns the log of its uploader."""
    if not (ROOT / SCONS).is_dir():
        pytest.skip(f"no {SCONS}: run `make setup`")
    core = tmp_path / "core"
    shutil.copytree(ROOT / SCONS, core / "packages" / "tool-scons")
    for platform, of_version in PLATFORMS.items():
        folder = core / "platforms" / platform
        shutil.copytree(DOUBLE, folder)
        manifest = json.loads((DOUBLE / "platform.json").read_text())
        (folder / "platform.json").write_text(json.dumps({**manifest, "name": platform, "version": of_version}))
        _record(folder, "platform", platform, of_version)
    name, version = TOOLCHAIN
    toolchain = core / "packages" / name
    toolchain.mkdir()
    (toolchain / "package.json").write_text(json.dumps({"name": name, "version": version, "system": "*"}))
    _record(toolchain, "tool", name, version)
    log = tmp_path / "uploader.jsonl"
    monkeypatch.setenv("PLATFORMIO_CORE_DIR", str(core))
    monkeypatch.setenv("UPLOADER_LOG", str(log))
    monkeypatch.chdir(ROOT)
    return log


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """This project with an empty build folder."""
    folder = tmp_path / "project"
    folder.mkdir()
    for name in ("platformio.ini", "firmware", "models", "host", ".venv"):
        (folder / name).symlink_to(ROOT / name)
    return Project(folder)


def _record(folder: Path, kind: str, name: str, version: str) -> None:
    """Write PlatformIO's own record of an installed package."""
    spec = {"owner": "platformio", "id": None, "name": name, "requirements": None, "uri": None}
    (folder / ".piopm").write_text(json.dumps({"type": kind, "name": name, "version": version, "spec": spec}))


@pytest.fixture(scope="session")
def other_build(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """A function that returns the same image as another build: it runs alike, and answers another build id."""

    def other(elf: Path) -> Path:
        mark = read_mark(elf)
        assert mark is not None
        renamed = mark.build_id[::-1]
        assert renamed != mark.build_id
        copy = tmp_path_factory.mktemp("other") / elf.name
        copy.write_bytes(elf.read_bytes().replace(mark.build_id.encode(), renamed.encode()))
        return copy

    return other
