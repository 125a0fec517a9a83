"""Flags that must reach compiler and linker alike, which platformio.ini alone cannot do.

PlatformIO hands `-m...` options from build_flags to the compiler only; hard float needs them at the link too.
"""

from SCons.Script import DefaultEnvironment

env = DefaultEnvironment()

fpu = env.GetProjectOption("custom_fpu").split()
env.Append(ASFLAGS=fpu, CCFLAGS=fpu)

# Start-up code and vector table are the port's own. No nano.specs: its memcpy copies byte by byte, and nothing here
# uses printf or malloc, which is what it makes smaller.
env.Append(
    LINKFLAGS=[
        *fpu,
        "-nostartfiles",
        "-Wl,-Map,$BUILD_DIR/firmware.map",
    ],
    # Files that linker scripts include: models.ld, and the sections of all ports of a family.
    LIBPATH=["$BUILD_DIR/generated", f"$PROJECT_SRC_DIR/{env.GetProjectOption('custom_shared')}"],
    CPPPATH=[f"$PROJECT_SRC_DIR/{env.GetProjectOption(option)}" for option in ("custom_port", "custom_shared")],
)


# C++ for engines that are libraries in it: no exceptions, no locks, nothing of its run-time system.
env.Append(CXXFLAGS=["-std=gnu++17", "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics"])


# What the board reports is build_flags, so the engine is compiled with what they say.
build_flags = " ".join(env.GetProjectOption("build_flags")).split()
timed_optimisation = [flag for flag in build_flags if flag.startswith("-O")][-1:]


def flags_for(env, node):
    """Return build_src_flags without what the C++ compiler does not know."""
    return [flag for flag in env["CCFLAGS"] if flag != "-Wmissing-prototypes" or node.get_suffix() == ".c"]


def optimise_engine(env, node):
    """Compile an engine's source as build_flags say: build_src_flags ends in -Os, and the last -O counts."""
    return env.Object(node, CCFLAGS=[*flags_for(env, node), *timed_optimisation])


def compile_shared(env, node):
    """Compile a source of what ports share."""
    return env.Object(node, CCFLAGS=flags_for(env, node))


env.AddBuildMiddleware(optimise_engine, "*/engines/*")
env.AddBuildMiddleware(compile_shared, "*/cortex_m/*.cc")

# PlatformIO does not relink when only a linker script changed.
env.Depends(
    "$BUILD_DIR/firmware.elf",
    [
        f"$PROJECT_DIR/{env.GetProjectOption('board_build.ldscript')}",
        f"$PROJECT_SRC_DIR/{env.GetProjectOption('custom_shared')}/sections.ld",
    ],
)
