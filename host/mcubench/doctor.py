"""What this machine has of all that mcubench can use, and how to get the rest."""

from __future__ import annotations

import dataclasses
import grp
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from mcubench.boards.images import NATIVE_PROGRAM
from mcubench.boards.known import DEFAULT_ENGINE, KNOWN_BOARDS, build_command
from mcubench.errors import InputError
from mcubench.link.discover import AttachedPort, attached_ports
from mcubench.models.catalog import find_models_folder, list_models

__all__ = ["EXTRAS", "Finding", "examine", "virtual_board_works"]

OLDEST_PYTHON = (3, 11)
COMPILER = "arm-none-eabi-gcc"
COMPILER_TIMEOUT_S = 10.0
BUILD = Path(".pio/build")
EXTRAS = {
    "": "the host program itself",
    "virtual": "virtual boards",
    "firmware": "building firmware",
    "hil": "the HIL suite",
    "serve": "boards python:<engine>",
    "dev": "the tests of this project",
}
# Without these no virtual board runs; everything else is for more than that.
NEEDED_FOR_VIRTUAL = frozenset({"python", "packages", "packages [virtual]", "models", "firmware image"})


@dataclass(frozen=True)
class Finding:
    """One part: whether it is there, what was seen, and what to do when it is not (empty if nothing needs doing).

    An `optional` part is one for which somebody must bring what this project cannot fetch.
    """

    part: str
    good: bool
    found: str
    remedy: str = ""
    optional: bool = False


def examine() -> list[Finding]:
    """Look at this machine, from the current folder; opens no port and changes nothing."""
    folder = _models_folder()
    project = folder.parent if folder else Path.cwd()
    return [
        _python(),
        *(_packages(extra) for extra in EXTRAS),
        _compiler(),
        _build_tool(project),
        _models(folder),
        *_images(project),
        _native_program(project),
        *_ports(attached_ports()),
    ]


def virtual_board_works(findings: list[Finding]) -> bool:
    """Tell whether all is there that a sweep on a virtual board needs."""
    return all(finding.good for finding in findings if finding.part in NEEDED_FOR_VIRTUAL)


def _python() -> Finding:
    seen = ".".join(map(str, sys.version_info[:3]))
    return Finding(
        "python",
        sys.version_info >= OLDEST_PYTHON,
        seen,
        "" if sys.version_info >= OLDEST_PYTHON else f"install Python {OLDEST_PYTHON[0]}.{OLDEST_PYTHON[1]} or later",
    )


def _packages(extra: str) -> Finding:
    """Look for the packages that pyproject.toml names for `extra`; the empty one is what is always installed."""
    part = f"packages [{extra}]" if extra else "packages"
    present, missing = [], []
    for name in _requirements(extra):
        try:
            present.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        target = f"'mcubench[{extra}]'" if extra else "mcubench"
        return Finding(part, False, f"missing: {', '.join(missing)}", f"make setup, or pip install {target}")
    if not present:
        return Finding(part, False, "unknown to the mcubench that is installed", "make setup")
    return Finding(part, True, ", ".join(present))


def _requirements(extra: str) -> Iterator[str]:
    """Yield distribution names from lines like `unicorn==2.1.4; extra == "virtual"` (PEP 508)."""
    for line in metadata.requires("mcubench") or []:
        needs_extra = re.search(r"extra == ['\"]([\w-]+)['\"]", line)
        if (needs_extra[1] if needs_extra else "") == extra:
            name = re.match(r"[\w.-]+", line)
            assert name is not None
            yield name[0]


def _compiler() -> Finding:
    remedy = "apt install gcc-arm-none-eabi libnewlib-arm-none-eabi"
    path = shutil.which(COMPILER)
    if path is None:
        return Finding(COMPILER, False, "not on PATH", remedy)
    try:
        command = [path, "-dumpfullversion"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=COMPILER_TIMEOUT_S, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        return Finding(COMPILER, False, f"{path} does not run: {error}", remedy)
    return Finding(COMPILER, True, f"{done.stdout.strip()} ({path})")


def _build_tool(project: Path) -> Finding:
    tool = project / ".pio-core" / "packages" / "tool-scons"
    if tool.is_dir():
        return Finding("PlatformIO build tool", True, _short(tool))
    return Finding("PlatformIO build tool", False, f"no {_short(tool)}", "make setup (or let PlatformIO download it)")


def _models_folder() -> Path | None:
    try:
        return find_models_folder()
    except InputError:
        return None


def _models(folder: Path | None) -> Finding:
    if folder is None:
        return Finding("models", False, f"none in {Path.cwd()} or above", "run this inside the project")
    return Finding("models", True, ", ".join(list_models(folder)))


def _images(project: Path) -> list[Finding]:
    """Return the image that the demo needs, then those of other virtual boards and engines."""
    demo, *others = [
        (f"{board.environment(engine)}-local", engine)
        for board in KNOWN_BOARDS
        if board.virtual
        for engine in board.engines
    ]
    findings = [_image("firmware image", project / BUILD / demo[0], "make firmware")]
    for environment, engine in others:
        remedy = "make firmware" if engine == DEFAULT_ENGINE else build_command(environment, engine)
        found = _image(f"image {environment}", project / BUILD / environment, remedy)
        findings.append(dataclasses.replace(found, optional=engine != DEFAULT_ENGINE))
    return findings


def _native_program(project: Path) -> Finding:
    program = project / NATIVE_PROGRAM
    if program.exists():
        return Finding("native board", True, _short(program))
    return Finding("native board", False, "not built", "make firmware")


def _image(part: str, folder: Path, remedy: str) -> Finding:
    path = folder / "firmware.elf"
    if not path.exists():
        return Finding(part, False, "not built", remedy)
    try:
        # Here and not above: doctor has to run where a package is missing, too.
        from mcubench.image_layout import read_layout

        image = read_layout(path)
    except (ImportError, InputError) as error:
        return Finding(part, False, str(error), f"make setup, then {remedy}")
    models = ", ".join(image.model_flash_bytes) or "no models"
    return Finding(part, True, f"{_short(path)}: {image.flash_bytes} bytes of flash, {models}")


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _ports(ports: list[AttachedPort]) -> list[Finding]:
    if not ports:
        return [Finding("serial ports", True, "none attached", "plug in a board to measure a real one")]
    return [_port(port) for port in ports]


def _port(port: AttachedPort) -> Finding:
    seen = port.probable_board or (port.description if port.usb_id else "a port of this machine")
    if os.access(port.name, os.R_OK | os.W_OK):
        return Finding(port.name, True, seen)
    try:
        group = grp.getgrgid(Path(port.name).stat().st_gid).gr_name
    except (OSError, KeyError):
        return Finding(port.name, False, f"{seen}; it went away", "plug it in again")
    return Finding(port.name, False, f"{seen}; no permission", f"sudo usermod -aG {group} $USER, then log in again")
