"""Turns model folders, those of custom_models, into C with `mcubench codegen` and adds it to the build.

The environment variable MCUBENCH_EMBED takes the place of custom_models: model folders separated by os.pathsep, each a
path or a name in models.

Writes $BUILD_DIR/generated: one C file per model, models.c (the table of models), models.ld (one output section per
model, so that their flash sizes are known) and what else the engine needs. An image without models gets an empty
models.ld. A model that is larger than the board's flash or arena is refused here, before anything is compiled.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from SCons.Script import DefaultEnvironment

env = DefaultEnvironment()

CODEGEN_TIMEOUT_S = 300
EMBED = "MCUBENCH_EMBED"
project = Path(env.subst("$PROJECT_DIR"))
generated = Path(env.subst("$BUILD_DIR")) / "generated"


def fail(message):
    """End the build with one line."""
    sys.stderr.write(f"embed_models: {message}\n")
    env.Exit(1)


def interpreter():
    """Return the Python that runs `mcubench`: the project's own environment if there is one, else the one of pio."""
    own = project / ".venv" / "bin" / "python"
    return str(own) if own.exists() else sys.executable


def target():
    """Return the options that say what the code is for."""
    user_files = env.GetProjectOption("custom_xcubeai_dir", "")
    return [
        *(("--user-files", str(project / user_files)) if user_files else ()),
        *("--engine", engine),
        *("--engine-version", env.get("MCUBENCH_ENGINE_VERSION", "")),
        *("--core", env.GetProjectOption("custom_core")),
        *("--flash", str(env.BoardConfig().get("upload.maximum_size"))),
        *("--arena", env.GetProjectOption("custom_arena_bytes")),
    ]


def generate(models):
    """Run the code generator. Of its messages only the last line is shown, which says what is wrong."""
    paths = [str(project / "models" / name) for name in models]  # a path that is absolute stays as it is
    command = [interpreter(), "-m", "mcubench", "codegen", *target(), "--out", str(generated), *paths]
    environment = {**os.environ, "PYTHONPATH": str(project / "host")}
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=CODEGEN_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        fail(f"`mcubench codegen` did not run: {error}")
    if done.returncode != 0:
        reason = done.stderr.strip().rpartition("\n")[2].removeprefix("mcubench: ") or f"exit code {done.returncode}"
        hint = "; run `make setup`" if "ModuleNotFoundError" in reason else ""
        fail(f"{reason}{hint}")


def start_anew_if_others(models):
    """Remove what was generated for another engine or list of models: every C file in the folder is compiled."""
    record = generated / "models.txt"
    contents = " ".join([engine, *models])
    if not record.exists() or record.read_text() != contents:
        shutil.rmtree(generated, ignore_errors=True)
        generated.mkdir(parents=True)
        record.write_text(contents)


def wanted_models():
    """Return the models to build in, as they were named."""
    named = os.environ.get(EMBED, "") if engine != "none" else ""
    return named.split(os.pathsep) if named else env.GetProjectOption("custom_models", "").split()


engine = env.GetProjectOption("custom_engine")
engine_folder = Path(env.subst("$PROJECT_SRC_DIR")) / "engines" / engine
if not engine_folder.is_dir():
    fail(f"custom_engine = {engine}: there is no {engine_folder}")
models = wanted_models()
if not models and engine != "none":
    fail(f"custom_models is empty, but custom_engine = {engine} needs a model; only the engine none does not")
start_anew_if_others(models)
if models:
    generate(models)
else:
    (generated / "models.ld").write_text("")
if "espidf" in env.get("PIOFRAMEWORK", []):
    # There firmware/CMakeLists.txt says what is compiled, and reads nothing but variables of the environment.
    os.environ.update(MCUBENCH_ENGINE=engine, MCUBENCH_GENERATED=str(generated))
else:
    if models:
        env.Append(CPPPATH=[str(generated), "$PROJECT_INCLUDE_DIR", str(engine_folder)])
        env.Append(CPPDEFINES=["MCUBENCH_MODEL_SYMBOLS"])  # the linker scripts here define the symbols of models.ld
        env.BuildSources("$BUILD_DIR/models", str(generated))
    env.Depends("$BUILD_DIR/firmware.elf", str(generated / "models.ld"))
