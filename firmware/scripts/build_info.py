"""Tells the firmware what it was built from: MCUBENCH_BUILD_ID, MCUBENCH_TOOLCHAIN and MCUBENCH_FLAGS.

The build id is a hash over the sources, the generated models, the flags and the compiler's version, so two images with
the same id behave alike. Only the one file that answers `info` sees these macros: nothing else is compiled again when
they change. Runs after embed_models.py, whose output it hashes.
"""

import hashlib
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from SCons.Script import DefaultEnvironment

env = DefaultEnvironment()

INFO_FILE = "*/common/command_info.c"


def compiler_version():
    """Return e.g. `12.2.1`, from the compiler that this environment will use."""
    command = ["arm-none-eabi-gcc", "-dumpfullversion"]
    try:
        return subprocess.run(
            command, env=env["ENV"], capture_output=True, text=True, timeout=30, check=True
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError) as error:
        sys.stderr.write(f"arm-none-eabi-gcc does not run ({error}): run `make setup`, or install gcc-arm-none-eabi.\n")
        env.Exit(1)


def image_files():
    """Return every file that decides what the image does, in a fixed order."""
    source = Path(env.subst("$PROJECT_SRC_DIR"))
    folders = [
        source / "common",
        source / env.GetProjectOption("custom_shared"),
        source / env.GetProjectOption("custom_port"),
        source / "engines" / env.GetProjectOption("custom_engine"),
        Path(env.subst("$BUILD_DIR")) / "generated",
    ]
    return [file for folder in folders for file in sorted(folder.rglob("*")) if file.suffix in {".c", ".h", ".ld"}]


def build_id(toolchain, flags):
    """Return 16 hex digits."""
    digest = hashlib.sha256(f"{toolchain}\n{flags}\n".encode())
    for file in image_files():
        digest.update(f"{file.name} {file.stat().st_size}\n".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def define_in_info_file(env, node):
    """Compile the one file with the macros."""
    return env.Object(node, CPPDEFINES=[*env["CPPDEFINES"], *info_defines])


toolchain = f"arm-none-eabi-gcc-{compiler_version()}"
flags = " ".join(
    [
        *env.GetProjectOption("build_flags"),
        f"-mcpu={env.BoardConfig().get('build.cpu')}",
        env.GetProjectOption("custom_fpu"),
    ]
)
info_defines = [
    ("MCUBENCH_BUILD_ID", env.StringifyMacro(build_id(toolchain, flags))),
    ("MCUBENCH_TOOLCHAIN", env.StringifyMacro(toolchain)),
    ("MCUBENCH_FLAGS", env.StringifyMacro(quote(flags, safe="=-+/,"))),
]
env.AddBuildMiddleware(define_in_info_file, INFO_FILE)
