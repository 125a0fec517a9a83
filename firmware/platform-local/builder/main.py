"""Tools and default flags, the same that the official ststm32 platform sets when no framework is used.

Source of the flags: platform-ststm32 19.6.0, builder/main.py and builder/frameworks/_bare.py. Flashing is left to the
official platform: this one is for machines that cannot download its tools.
"""

import shutil
import sys

from SCons.Script import Default, DefaultEnvironment

env = DefaultEnvironment()

if shutil.which("arm-none-eabi-gcc", path=env["ENV"]["PATH"]) is None:
    sys.stderr.write("arm-none-eabi-gcc is not on PATH: run `make setup`, or install gcc-arm-none-eabi.\n")
    env.Exit(1)

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

program = env.BuildProgram()
image = env.Command("$BUILD_DIR/firmware.bin", program, "$OBJCOPY -O binary $SOURCE $TARGET")
Default([program, image])
