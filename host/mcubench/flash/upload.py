"""`pio run -t upload` for one board: an image that is built, to the probe that the rig file names."""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mcubench.deadline import Deadline
from mcubench.errors import FlashError, InputError
from mcubench.flash.building import Built
from mcubench.flash.image_files import write_images
from mcubench.flash.probe import UploadTarget
from mcubench.images import ToolTimeoutError, build_folder, embed_variable, held, last_trouble, run_tool
from mcubench.rig import RigBoard

__all__ = ["upload"]

PROBE_VARIABLE = "MCUBENCH_PROBE_ID"
FLAGS_VARIABLE = "PLATFORMIO_UPLOAD_FLAGS"
# Its boot loader and table of partitions are the build's, so there is no upload of what is built already.
UPLOADED_BY_BUILD = "espidf"
# Whose tools take Intel HEX; those of others take a binary, or the ELF file.
HEX_PLATFORM = "nordicnrf52"

UNKNOWN = "what its flash holds now is unknown"


@dataclass(frozen=True)
class _Workplace:
    """Where PlatformIO finds what is to be uploaded, and what it is told besides."""

    build: Path
    targets: tuple[str, ...]
    options: dict[str, str]
    variables: dict[str, str]
    lock: int | None = None


def upload(board: RigBoard, target: UploadTarget, built: Built, log: Path) -> None:
    """Load an image into a board; FlashError if it fails or is not done within the board's flash_timeout.

    All that is printed goes into `log`, after the command.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    deadline = Deadline.after(board.flash_timeout_s)
    with (
        tempfile.TemporaryDirectory(prefix="mcubench-flash-") as name,
        _workplace(Path(name), built, deadline) as place,
    ):
        configuration = _configuration(Path(name), built, {**place.options, "upload_protocol": target.runner})
        command = [built.project.python, "-m", "platformio", "run", "--disable-auto-clean"]
        command += ["--project-conf", str(configuration)]
        command += ["--environment", built.environment, *(f"--target={each}" for each in place.targets)]
        command += ["--upload-port", target.port] if target.port else []
        variables = {**_variables(board, target), **place.variables, "PLATFORMIO_BUILD_DIR": str(place.build)}
        called = shlex.join(["env", *(f"{key}={value}" for key, value in variables.items()), *command])
        log.write_text(f"{called}\n# upload_protocol = {target.runner}\n\n", encoding="utf-8")
        begun = log.stat().st_size
        try:
            status = run_tool(command, built.project.folder, variables, log, deadline, place.lock)
        except ToolTimeoutError as exc:
            trouble = f"uploading took more than flash_timeout = {board.flash_timeout_s:g} s and was ended"
            raise FlashError(board.name, f"{trouble}; {UNKNOWN}", str(log)) from exc
    if status != 0:
        printed = log.read_bytes()[begun:].decode(errors="replace")
        raise FlashError(board.name, f"PlatformIO did not flash it: {last_trouble(printed)}; {UNKNOWN}", str(log))


def _variables(board: RigBoard, target: UploadTarget) -> dict[str, str]:
    """Return what PlatformIO reads in its environment; flags that somebody set there stay."""
    before = os.environ.get(FLAGS_VARIABLE)
    return {
        "PLATFORMIO_SETTING_ENABLE_TELEMETRY": "no",
        FLAGS_VARIABLE: "\n".join([before, *target.flags] if before else target.flags),
        PROBE_VARIABLE: board.probe_id or "",
    }


@contextmanager
def _workplace(folder: Path, built: Built, deadline: Deadline) -> Iterator[_Workplace]:
    """Yield a build folder of its own, so that any number of boards can be flashed at once.

    What can only be uploaded by building it is uploaded where it was built, one board after the other.
    """
    if built.project.option(built.environment, "framework") != UPLOADED_BY_BUILD:
        is_hex = HEX_PLATFORM in built.project.option(built.environment, "platform")
        write_images(built.elf, folder / "build" / built.environment, is_hex)
        # Without the scripts that prepare a build, which would run once more for each board.
        yield _Workplace(folder / "build", ("nobuild", "upload"), {"extra_scripts": ""}, {})
    elif built.models is None:
        raise InputError(f"{built.elf}: {built.kind.board} is flashed with what is built for it; leave --firmware out")
    else:
        home = build_folder(built.project, built.kind.known, built.engine, official=True)
        variables = {"MCUBENCH_EMBED": embed_variable(built.models)}
        with held(home / "lock", deadline) as lock:
            yield _Workplace(home / "work", ("upload",), {}, variables, lock)


def _configuration(folder: Path, built: Built, options: dict[str, str]) -> Path:
    """Return a platformio.ini that is the project's with other options for one environment.

    The last file that is read wins. Neither an option of `pio run` nor a variable sets upload_protocol, and a script
    would set it after PlatformIO had chosen the tools for it (PlatformIO 6.2.0).
    """
    own = folder / "board.ini"
    own.write_text(
        f"[env:{built.environment}]\n" + "".join(f"{key} = {value}\n" for key, value in options.items()),
        encoding="utf-8",
    )
    whole = folder / "platformio.ini"
    whole.write_text(
        f"[platformio]\nextra_configs =\n    {built.project.folder / 'platformio.ini'}\n    {own}\n", encoding="utf-8"
    )
    return whole
