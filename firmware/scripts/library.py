"""Finds the library of an engine that needs one, and tells the engine which version it is.

PlatformIO fetches it where lib_deps names it. An environment with custom_library_folder has no lib_deps: it takes the
library from that folder ($MCUBENCH_LIB_DIR), or else from where PlatformIO has put it for the same environment without
-local, and builds it only if it is exactly the commit that is named here. Runs before embed_models.py, which asks for
the engine's version.
"""

import hashlib
import json
import sys
from pathlib import Path

from SCons.Script import DefaultEnvironment

env = DefaultEnvironment()

# Of src/ at the commit in platformio.ini: how many files there are, and a hash over their names and contents.
FILES = 419
DIGEST = "cef6f7fae538f31150ad6f2840e40c5fa767796c702c09f499f2920671024dff"
VARIABLE = "MCUBENCH_LIB_DIR"


def fail(message):
    """End the build with one line."""
    sys.stderr.write(f"library: {message}\n")
    env.Exit(1)


def option(name):
    """Return a custom_library option of this environment."""
    return env.GetProjectOption(f"custom_library{name}", "")


def wanted():
    """Return what is to be found, for messages."""
    return f"{option('')} {option('_version')} (git clone {option('_url')}, commit {option('_commit')})"


def folder_to_search():
    """Return the folder that is to be the library or to hold it."""
    if option("_folder"):
        return Path(option("_folder")).expanduser()
    return Path(env.subst("$PROJECT_LIBDEPS_DIR")) / env["PIOENV"].removesuffix("-local")


def manifest(folder):
    """Return the library.json of a folder; empty if there is none."""
    try:
        found = json.loads((folder / "library.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        fail(f"{folder / 'library.json'} cannot be read ({error}); put {wanted()} there")
    return found if isinstance(found, dict) else {}


def is_wanted(found):
    """Tell whether a library.json is that of the library, of whatever version."""
    repository = found.get("repository")
    url = repository.get("url") if isinstance(repository, dict) else repository
    return url == option("_url")


def find_library():
    """Return the library's folder, which is the one that was named, or is in it."""
    folder = folder_to_search()
    if not folder.is_dir():
        if not option("_folder"):
            fail(f"{wanted()} is needed; put it into a folder and name that in {VARIABLE}")
        fail(f"{VARIABLE} is {folder}, which is no folder; it must be or hold {wanted()}, unpacked")
    candidates = [folder, *sorted(path for path in folder.iterdir() if path.is_dir())]
    libraries = {path: found for path in candidates if is_wanted(found := manifest(path))}
    if not libraries:
        fail(f"{folder} holds no library.json of {option('')}; it must be or hold {wanted()}, unpacked")
    library, found = next(iter(libraries.items()))
    if found.get("version") != option("_version"):
        fail(f"{library} is version {found.get('version')} of the library; expected {wanted()}")
    return library


def check_files(folder):
    """End the build if a file is missing or is not as it was committed."""
    source = folder / "src"
    files = sorted(path for path in source.rglob("*") if path.is_file())
    digest = hashlib.sha256()
    try:
        for file in files:
            contents = hashlib.sha256(file.read_bytes()).hexdigest()
            digest.update(f"{file.relative_to(source).as_posix()} {contents}\n".encode())
    except OSError as error:
        fail(f"{error.filename} cannot be read ({error.strerror}); put {wanted()} there again")
    if digest.hexdigest() != DIGEST:
        seen = f"{len(files)} files of {FILES}" if len(files) != FILES else "other contents"
        fail(f"{source} is not complete or was changed ({seen}); put {wanted()} there again")


def build(folder):
    """Add the library to the build, with the engine's flags and without its many warnings."""
    source = str(folder / "src")
    env.Append(CPPPATH=[source])
    nodes = [
        # Not CCFLAGS, which the platform has still to fill.
        env.Object(node, CPPFLAGS=["-w"])
        for node in env.CollectBuildFiles("$BUILD_DIR/library", source)
    ]
    env.Append(LIBS=[env.BuildLibrary("$BUILD_DIR/library/tflm", source, nodes=nodes)])


if option(""):
    version = f"{option('')}-{option('_version')}+{option('_commit')}"
    env["MCUBENCH_ENGINE_VERSION"] = version
    env.Append(CPPDEFINES=[("MCUBENCH_TFLM_VERSION", env.StringifyMacro(version))])
    if "custom_library_folder" in env.GetProjectOptions(as_dict=True):
        library = find_library()
        check_files(library)
        build(library)
