"""From model files or folders to a folder of C files for the `generated` engine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mcubench.codegen.emit import emit_model, emit_table
from mcubench.codegen.limits import Limits, Need, check_limits
from mcubench.codegen.output import emit_linker_fragment, name_files, write_files
from mcubench.codegen.program import Program, compile_model
from mcubench.codegen.source import Source, read_source
from mcubench.errors import InputError

__all__ = ["generate", "load_program"]

NO_LIMITS = Limits()


def load_program(path: Path) -> Program:
    """Return the program of a .tflite file, or of a folder with model.tflite.

    InputError if the file cannot be read or the engine cannot run it.
    """
    return _compile(read_source(path))


def generate(paths: Sequence[Path], out: Path, limits: Limits = NO_LIMITS) -> list[Program]:
    """Write one C file per model, models.c and models.ld into `out`, and return the programs.

    InputError if a model cannot be read or run, or is larger than `limits`; then nothing is written.
    """
    sources = [read_source(path) for path in paths]
    programs = [_compile(source) for source in sources]
    check_limits(
        [
            Need(source.file, program.constant_bytes, program.arena_bytes)
            for source, program in zip(sources, programs, strict=True)
        ],
        limits,
    )
    files = dict(zip(name_files(sources), map(emit_model, programs), strict=True))
    files["models.c"] = emit_table(programs)
    files["models.ld"] = emit_linker_fragment([source.name for source in sources])
    write_files(out, files)
    return programs


def _compile(source: Source) -> Program:
    try:
        return compile_model(source.name, source.data)
    except InputError as exc:
        raise InputError(f"{source.file}: {exc}") from exc
