"""Tells the firmware what it was built from: MCUBENCH_BUILD_ID, MCUBENCH_TOOLCHAIN and MCUBENCH_FLAGS.

The build id is a hash over the sources, the generated models, the flags and the compiler's version, so two images with
the same id behave alike. Only the one file that has the image's mark sees these macros: nothing else is compiled again
when they change. Runs after embed_models.py, whose output it hashes.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from SCons.Script import DefaultEnvironment

env = DefaultEnvironment()

INFO_FILES = ("*/common/command_info.c", "*/cortex_m0/main.c")
for_espidf = "espidf" in env.get("PIOFRAMEWORK", [])
compiler = "xtensa-esp32-elf-gcc" if for_espidf else "arm-none-eabi-gcc"


def compiler_version():
    """Return e.g. `12.2.1`, from the compiler that this environment will use."""
    command = [compiler, "-dumpfullversion"]
    try:
        return subprocess.run(
            command, env=env["ENV"], capture_output=True, text=True, timeout=30, check=True
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError) as error:
        hint = "" if for_espidf else ": run `make setup`, or install gcc-arm-none-eabi"
        sys.stderr.write(f"build_info: {compiler} does not run ({error}){hint}\n")
        env.Exit(1)


def image_files():
    """Return every file that decides what the image does, in a fixed order."""
    source = Path(env.subst("$PROJECT_SRC_DIR"))
    parts = ["common", *(env.GetProjectOption(name, "") for name in ("custom_shared", "custom_port"))]
    folders = [
        *(source / part for part in parts if part),
        source / "engines" / env.GetProjectOption("custom_engine"),
        Path(env.subst("$BUILD_DIR")) / "generated",
    ]
    suffixes = {".c", ".cc", ".h", ".ld", ".defaults"}
    files = [file for folder in folders for file in sorted(folder.rglob("*")) if file.suffix in suffixes]
    return [*files, source / "CMakeLists.txt"] if for_espidf else files


def build_id(toolchain, flags):
    """Return 16 hex digits."""
    digest = hashlib.sha256(f"{toolchain}\n{flags}\n{env.get('MCUBENCH_ENGINE_VERSION', '')}\n".encode())
    for file in image_files():
        digest.update(f"{file.name} {file.stat().st_size}\n".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def define_in_info_file(env, node):
    """Compile the one file with the macros."""
    return env.Object(node, CPPDEFINES=[*env["CPPDEFINES"], *((name, env.StringifyMacro(text)) for name, text in info)])


def write_header():
    """Write the macros where firmware/CMakeLists.txt includes them into the one file, and have that compiled again."""
    header = Path(env.subst("$BUILD_DIR")) / "build_info.h"
    text = "".join(f'#define {name} "{value}"\n' for name, value in info)
    if not header.exists() or header.read_text() != text:
        header.write_text(text)
    os.environ["MCUBENCH_BUILD_INFO"] = str(header)
    env.Depends("$BUILD_DIR/firmware/common/command_info.c.o", str(header))


def timed_flags():
    """Return what engine and models are compiled with, as far as it is decided here and not by ESP-IDF."""
    flags = env.GetProjectOption("build_flags")
    if for_espidf:
        return ["-O3", *flags, f"framework-espidf-{env.PioPlatform().get_package_version('framework-espidf')}"]
    return [*flags, f"-mcpu={env.BoardConfig().get('build.cpu')}", env.GetProjectOption("custom_fpu")]


toolchain = f"{compiler}-{compiler_version()}"
flags = " ".join(timed_flags())
info = [
    ("MCUBENCH_BUILD_ID", build_id(toolchain, flags)),
    ("MCUBENCH_TOOLCHAIN", toolchain),
    ("MCUBENCH_FLAGS", quote(flags, safe="=-+/,")),
]
if for_espidf:
    write_header()
else:
    for pattern in INFO_FILES:
        env.AddBuildMiddleware(define_in_info_file, pattern)
