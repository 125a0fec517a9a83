"""Object files of the `generated` engine, compiled once for all tests that build it with the same flags."""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

__all__ = ["ENGINE", "INCLUDES", "WARNINGS", "EngineError", "engine_objects", "run_tool"]

ROOT = Path(__file__).parents[3]
ENGINE = ROOT / "firmware" / "engines" / "generated"
COMMON = ROOT / "firmware" / "common"
WARNINGS = ("-std=c11", "-Wall", "-Wextra", "-pedantic", "-Wmissing-prototypes", "-Werror")
INCLUDES = (f"-I{COMMON}", f"-I{ENGINE}")
_CACHE = ROOT / "build" / "test-objects"
_BUILD_TIMEOUT_S = 280
_JOBS = 2


class EngineError(Exception):
    """The engine itself does not compile, whatever the models."""


def run_tool(*command: str | Path, folder: Path | None = None) -> None:
    """Run a compiler or another tool of it in a folder; its complaints are the test's."""
    done = subprocess.run(
        list(map(str, command)), cwd=folder, capture_output=True, text=True, timeout=_BUILD_TIMEOUT_S, check=False
    )
    assert done.returncode == 0, done.stderr[:4000]


def engine_objects(compiler: str, flags: Sequence[str]) -> list[Path]:
    """Return one object file per C file of the engine; those of unchanged sources are there already."""
    headers = b"".join(path.read_bytes() for folder in (ENGINE, COMMON) for path in sorted(folder.glob("*.h")))
    common = hashlib.sha256("\0".join((compiler, *flags)).encode() + headers).digest()
    _CACHE.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(_JOBS) as pool:
        return list(pool.map(lambda source: _object(compiler, flags, source, common), sorted(ENGINE.glob("*.c"))))


def _object(compiler: str, flags: Sequence[str], source: Path, common: bytes) -> Path:
    path = _CACHE / f"{source.stem}-{hashlib.sha256(common + source.read_bytes()).hexdigest()[:16]}.o"
    if not path.exists():
        # Tests run in several processes: what stands under the name is always whole.
        with tempfile.TemporaryDirectory(dir=_CACHE) as folder:
            new = Path(folder) / path.name
            try:
                run_tool(compiler, *flags, *WARNINGS, *INCLUDES, "-c", "-o", new, source)
            except AssertionError as exc:
                raise EngineError(str(exc)) from exc
            new.replace(path)
    return path
