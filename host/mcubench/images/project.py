"""The folder of sources that images are built from: where it is, what builds there, and whether it has changed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from dataclasses import dataclass
from pathlib import Path

from mcubench.boards import find_upwards
from mcubench.errors import InputError

__all__ = ["Project", "find_project", "need_project"]

# What tells our platformio.ini from any other.
MARK = Path("firmware", "scripts", "embed_models.py")
# host/mcubench/images/project.py is in it, unless the package was installed away from it.
HOME = Path(__file__).resolve().parents[3]
# What images are made of. Tests, and what users bring for engines that are not built here, are no part of them.
SOURCES = (
    "platformio.ini",
    "firmware/**/*",
    "host/mcubench/codegen/**/*.py",
    "host/mcubench/models/**/*.py",
    "host/mcubench/cli/codegen.py",
)
LEFT_OUT = ("firmware/tests/", "firmware/engines/xcubeai/user/", "firmware/esp32/")
# Variables that change what is built.
VARIABLES = ("MCUBENCH_LIB_DIR", "PLATFORMIO_", "CC", "CXX", "CFLAGS", "CXXFLAGS")
COMPILERS = ("arm-none-eabi-gcc", "gcc")
VERSION_TIMEOUT_S = 20.0


@dataclass(frozen=True)
class Project:
    """The folder with platformio.ini, firmware and this package's sources."""

    folder: Path

    @property
    def python(self) -> str:
        """The Python of the project's own environment if there is one, else ours."""
        own = self.folder / ".venv" / "bin" / "python"
        return str(own) if own.exists() else sys.executable

    def fingerprint(self) -> str:
        """Return a hash over all that decides what an image does, besides its models."""
        digest = hashlib.sha256()
        for file in sorted(self._sources()):
            digest.update(f"{file.relative_to(self.folder)}\n".encode() + hashlib.sha256(file.read_bytes()).digest())
        for name, value in sorted(os.environ.items()):
            if any(name == each or (each.endswith("_") and name.startswith(each)) for each in VARIABLES):
                digest.update(f"{name}={value}\n".encode())
        digest.update("".join(map(_version, COMPILERS)).encode())
        return digest.hexdigest()

    def option(self, environment: str, name: str) -> str:
        """Return an option of an environment in platformio.ini, with its ${...} as they are; empty if it has none."""
        # As PlatformIO does: an environment's own value, else that of the section it extends last, else of [env].
        parser = ConfigParser(inline_comment_prefixes=("#", ";"), interpolation=None)
        parser.read(self.folder / "platformio.ini", encoding="utf-8")
        sections = ["env", f"env:{environment}"]
        while sections:
            section = sections.pop()
            if parser.has_option(section, name):
                return parser.get(section, name)
            if parser.has_option(section, "extends"):
                sections += [each.strip() for each in parser.get(section, "extends").split(",")]
        return ""

    def _sources(self) -> Iterator[Path]:
        for pattern in SOURCES:
            for file in self.folder.glob(pattern):
                name = file.relative_to(self.folder).as_posix()
                if file.is_file() and not name.startswith(LEFT_OUT) and "__pycache__" not in name:
                    yield file


def find_project() -> Project | None:
    """Return the project in this folder or the nearest one above, else the one that this package is a part of.

    None where there is none: the package was installed without its firmware.
    """
    mark = find_upwards(MARK)
    if mark is None and (HOME / MARK).is_file():
        mark = HOME / MARK
    return Project(mark.parents[len(MARK.parts) - 1]) if mark else None


def need_project() -> Project:
    """Return the same; InputError where there is none."""
    project = find_project()
    if project is None:
        raise InputError(f"no {MARK} in {Path.cwd()} or above; images are built in the project's folder")
    return project


def _version(compiler: str) -> str:
    """Return what a compiler calls its version; empty if there is no such compiler, which its build will tell."""
    command = [compiler, "-dumpfullversion"]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=VERSION_TIMEOUT_S, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
