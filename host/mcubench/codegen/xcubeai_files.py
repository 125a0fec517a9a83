"""What the user brings for the `xcubeai` engine: generated networks and ST's runtime, checked before they are built.

Names and contents of the files: X-CUBE-AI 7.1 to ST Edge AI Core 4, as public projects show them (docs/xcubeai.md).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mcubench.errors import InputError

__all__ = ["Network", "UserFiles", "read_user_files"]

LIBRARY = re.compile(r"NetworkRuntime(\d+)_CM7_GCC\.a")
HELP = "see docs/xcubeai.md"


@dataclass(frozen=True)
class Network:
    """What a network must be called, in C, and the model file that it must be generated from."""

    name: str
    model: Path
    model_md5: str

    def command(self, folder: Path) -> str:
        """Return what generates it into `folder`; X-CUBE-AI before 9 has `stm32ai` in place of `stedgeai`."""
        options = f"--target stm32f7 --c-api legacy --name {self.name} --model {self.model} --output {folder}"
        return f"`stedgeai generate {options}`"


@dataclass(frozen=True)
class UserFiles:
    """ST's runtime as found, and a fingerprint of every file that can go into the image."""

    library: Path
    runtime_version: str
    sha256: dict[str, str]


def read_user_files(folder: Path, networks: Sequence[Network]) -> UserFiles:
    """Check the user's files in `folder` and return what the build needs to know of them.

    InputError, which says which file is missing or wrong and how to get the right one.
    """
    names = {network.name for network in networks}
    others = sorted(header.stem for header in folder.glob("*.h") if header.stem not in names and _is_network(header))
    for network in networks:
        _check_network(folder, network, f" (there is {others[0]}.c, of another --name)" if others else "")
    for name in ("ai_platform.h", "ai_platform_interface.h"):
        _need(folder / "Inc" / name, "copy the folder Middlewares/ST/AI/Inc of X-CUBE-AI or ST Edge AI there")
    library, digits = _library(folder / "Lib")
    files = sorted(file for file in folder.rglob("*") if file.suffix in {".c", ".h", ".a"})
    fingerprints = {str(file.relative_to(folder)): hashlib.sha256(_read(file)).hexdigest() for file in files}
    # 910 is 9.1.0, 1020 is 10.2.0.
    return UserFiles(library, f"{digits[:-2]}.{digits[-2]}.{digits[-1]}", fingerprints)


def _check_network(folder: Path, network: Network, saw: str) -> None:
    name = network.name
    for ending in (".c", ".h", "_data.c", "_data.h"):
        _need(folder / f"{name}{ending}", f"generate it with {network.command(folder)}{saw}")
    header = folder / f"{name}.h"
    declarations = _text(header)
    if f"ai_{name}_create_and_init" not in declarations:
        what = "the st-ai C API" if "stai_" in declarations else "X-CUBE-AI older than 7.1, or something else"
        raise InputError(f"{header} is of {what}; generate it with {network.command(folder)}; {HELP}")
    _check_signature(folder / f"{name}.c", network)


def _check_signature(file: Path, network: Network) -> None:
    """ST's tools write the MD5 of the model file, older ones without the 0x before it."""
    macro = f"AI_{network.name.upper()}_MODEL_SIGNATURE"
    how = f"generate it with {network.command(file.parent)}; {HELP}"
    found = re.search(rf'^#define {macro}\s+"(?:0x)?([0-9a-f]{{32}})"', _text(file), re.MULTILINE)
    if found is None:
        raise InputError(f"{file}: expected {macro} of 32 hex digits; {how}")
    if found[1] != network.model_md5:
        raise InputError(
            f"{file}: generated from a model file with the MD5 {found[1]}, but {network.model} has "
            f"{network.model_md5}; {how}"
        )


def _library(folder: Path) -> tuple[Path, str]:
    found = [(file, match[1]) for file in sorted(folder.glob("*")) if (match := LIBRARY.fullmatch(file.name))]
    if not found:
        _need(folder / "NetworkRuntime*_CM7_GCC.a", "copy it from Middlewares/ST/AI/Lib of X-CUBE-AI or ST Edge AI")
    if len(found) > 1:
        raise InputError(f"{folder}: expected one NetworkRuntime*_CM7_GCC.a, saw {len(found)}; leave one; {HELP}")
    file, digits = found[0]
    if len(digits) < 3:
        raise InputError(f"{file}: expected a version of three digits or more in its name, saw {digits}; {HELP}")
    return file, digits


def _need(file: Path, how: str) -> None:
    if not file.is_file():
        raise InputError(f"{file} is missing: {how}; {HELP}")


def _is_network(header: Path) -> bool:
    return f"ai_{header.stem}_create" in _text(header)


def _text(file: Path) -> str:
    return _read(file).decode("utf-8", "replace")


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as exc:
        raise InputError(f"cannot read {file}: {exc.strerror}") from exc
