"""From model files or folders to a folder of C files."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path

from mcubench.codegen.emit import emit_linker_fragment, emit_model, emit_table, identifier
from mcubench.codegen.program import Program, compile_model
from mcubench.errors import InputError

__all__ = ["generate", "load_program"]


def load_program(path: Path) -> Program:
    """Return the program of a .tflite file, or of a folder with model.tflite.

    The model's name is `name` of model.toml in a folder that has one, else the folder's name or the file's stem.
    InputError if the file cannot be read or the engine cannot run it.
    """
    file = path / "model.tflite" if path.is_dir() else path
    try:
        data = file.read_bytes()
    except OSError as exc:
        raise InputError(f"cannot read the model {file}: {exc.strerror}") from exc
    try:
        return compile_model(_model_name(path), data)
    except InputError as exc:
        raise InputError(f"{file}: {exc}") from exc


def generate(paths: Sequence[Path], out: Path) -> list[Program]:
    """Write one C file per model, models.c and models.ld into `out`, and return the programs.

    Files whose content would not change are not touched, so that nothing is built again for nothing.
    """
    programs = [load_program(path) for path in paths]
    files = {"models.c": emit_table(programs), "models.ld": emit_linker_fragment(programs)}
    for path, program in zip(paths, programs, strict=True):
        name = f"{identifier(program.name)}.c"
        if name in files:
            raise InputError(f"{path}: another model, or models.c, has the file name {name} already; rename the model")
        files[name] = emit_model(program)
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            _write_if_changed(out / name, text)
    except OSError as exc:
        raise InputError(f"cannot write to {out}: {exc.strerror}") from exc
    return programs


def _model_name(path: Path) -> str:
    description = path / "model.toml"
    if not path.is_dir():
        return path.stem
    if not description.exists():
        return path.resolve().name
    try:
        name = tomllib.loads(description.read_text(encoding="utf-8")).get("name")
    except (OSError, ValueError) as exc:
        raise InputError(f"cannot read {description}: {exc}") from exc
    if not isinstance(name, str) or not name.isprintable() or '"' in name or "\\" in name:
        raise InputError(f"{description}: expected a plain text 'name', saw {name!r}")
    return name


def _write_if_changed(path: Path, text: str) -> None:
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    path.write_text(text, encoding="utf-8")
