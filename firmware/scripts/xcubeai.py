"""Adds what the user brought for the xcubeai engine: the networks that ST's tool generated, and ST's runtime library.

`mcubench codegen`, which embed_models.py runs before, has checked that everything is there and belongs together.
"""

from pathlib import Path

from SCons.Script import DefaultEnvironment

env = DefaultEnvironment()

folder = Path(env.subst("$PROJECT_DIR")) / env.GetProjectOption("custom_xcubeai_dir")
networks = (Path(env.subst("$BUILD_DIR")) / "generated" / "networks.txt").read_text().split()
(library,) = (folder / "Lib").glob("NetworkRuntime*_CM7_GCC.a")

# As system headers, for whose warnings nobody here is responsible; in CPPPATH so that SCons sees them change.
headers = [str(folder), str(folder / "Inc")]
env.Append(CPPPATH=headers, CCFLAGS=["-isystem", headers[0], "-isystem", headers[1]])
env.Append(LIBS=[env.File(str(library))])
# Only the files of these networks: ST's tool may have written templates of applications beside them.
files = [f"+<{name}{ending}>" for name in networks for ending in (".c", "_data.c", "_data_params.c")]
env.BuildSources("$BUILD_DIR/networks", str(folder), src_filter=["-<*>", *files])
