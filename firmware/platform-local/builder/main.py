"""Tools and default flags, the same that the official ststm32 platform sets when no framework is used.

Source of the flags: platform-ststm32 19.6.0, builder/main.py and builder/frameworks/_bare.py. Real boards are flashed
by the official platform: this one is for machines that cannot download its tools. It uploads to virtual boards, whose
debug probe is a Unix socket: pio run -e stm32f746-local -t upload --upload-port SOCKET
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from SCons.Script import COMMAND_LINE_TARGETS, AlwaysBuild, Default, DefaultEnvironment

env = DefaultEnvironment()

UPLOAD_TIMEOUT_S = 90
project = Path(env.subst("$PROJECT_DIR"))
without_build = "nobuild" in COMMAND_LINE_TARGETS


def fail(message):
    """End with one line."""
    sys.stderr.write(f"{message}\n")
    env.Exit(1)


def interpreter():
    """Return the Python that runs `mcubench`: the project's own environment if there is one, else the one of pio."""
    own = project / ".venv" / "bin" / "python"
    return str(own) if own.exists() else sys.executable


def upload(source, **_scons):
    """Have `mcubench probe load` load the image; of its messages only the last line is shown, the one that matters."""
    command = [interpreter(), "-m", "mcubench", "probe", "load", env.subst("$UPLOAD_PORT"), str(source[0])]
    environment = {**os.environ, "PYTHONPATH": str(project / "host")}
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=UPLOAD_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        fail(f"upload: `mcubench probe load` did not run: {error}")
    if done.returncode != 0:
        reason = done.stderr.strip().rpartition("\n")[2].removeprefix("mcubench: ") or f"exit code {done.returncode}"
        fail(f"upload: {reason}")
    print(done.stdout.strip())


def check_upload(**_scons):
    """Say what is missing before anything is loaded."""
    protocol = env.subst("$UPLOAD_PROTOCOL")
    if protocol != "virtual":
        fail(
            f"upload: upload_protocol = {protocol}, but what is built with the platform of this folder goes to virtual "
            "boards; for a real board use the environment without -local"
        )
    if not env.subst("$UPLOAD_PORT"):
        fail(
            "upload: expected --upload-port SOCKET, the debug probe of a running virtual board: "
            "mcubench virtual CHIP --probe SOCKET"
        )


if not without_build and shutil.which("arm-none-eabi-gcc", path=env["ENV"]["PATH"]) is None:
    fail("arm-none-eabi-gcc is not on PATH: run `make setup`, or install gcc-arm-none-eabi.")

cpu = f"-mcpu={env.BoardConfig().get('build.cpu')}"

env.Replace(
    AR="arm-none-eabi-gcc-ar",
    AS="arm-none-eabi-gcc",
    CC="arm-none-eabi-gcc",
    CXX="arm-none-eabi-g++",
    LINK="arm-none-eabi-gcc",
    OBJCOPY="arm-none-eabi-objcopy",
    RANLIB="arm-none-eabi-gcc-ranlib",
    SIZETOOL="arm-none-eabi-size",
    SIZECHECKCMD="$SIZETOOL -A -d $SOURCES",
    SIZEPRINTCMD="$SIZETOOL -B -d $SOURCES",
    SIZEPROGREGEXP=r"^(?:\.text|\.data|\.rodata|\.text.align|\.ARM.exidx)\s+(\d+).*",
    SIZEDATAREGEXP=r"^(?:\.data|\.bss|\.noinit)\s+(\d+).*",
    PROGNAME="firmware",
    PROGSUFFIX=".elf",
)
env.Append(
    ASFLAGS=["-mthumb", cpu],
    CCFLAGS=["-Os", "-ffunction-sections", "-fdata-sections", "-Wall", "-mthumb", cpu],
    CPPDEFINES=[("F_CPU", "$BOARD_F_CPU")],
    LINKFLAGS=["-Os", "-Wl,--gc-sections,--relax", "-mthumb", cpu],
    LIBS=["c", "gcc", "m"],
)

if without_build:
    program = env.File("$BUILD_DIR/${PROGNAME}${PROGSUFFIX}")
    if not program.exists():
        fail(f"{program}: nothing was built yet that could be uploaded; leave `-t nobuild` out")
    AlwaysBuild(env.Alias("nobuild", program))
else:
    program = env.BuildProgram()
    image = env.Command("$BUILD_DIR/firmware.bin", program, "$OBJCOPY -O binary $SOURCE $TARGET")
    Default([program, image])

env.AddPlatformTarget(
    "upload",
    program,
    [env.VerboseAction(check_upload, "Checking the upload port..."), env.VerboseAction(upload, "Uploading $SOURCE")],
    "Upload",
)
