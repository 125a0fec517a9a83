"""labgrid's own client program, asked through its command line alone.

labgrid brings a `serial` module that would take the place of pyserial, so it is in another Python environment.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass

from mcubench.errors import InputError, RigError

__all__ = ["PROGRAM", "LabgridClient", "LabgridFailedError", "PlaceName", "place_name"]

PROGRAM_VARIABLE = "MCUBENCH_LABGRID_CLIENT"
PROGRAM = "labgrid-client"
# A call takes half a second. What is at the coordinator's end may be busy, or an SSH connection away.
CALL_TIMEOUT_S = 30.0
# An interrupted call goes on to its end, so that it is known what it did.
END_TIMEOUT_S = 10.0
# These would name other places than ours, or states that need a configuration (LG_ENV makes `acquire` take all places
# of that file, whatever -p says; STATE and PLACE are old names of the same, and common ones).
FOREIGN_VARIABLES = ("LG_ENV", "LG_PLACE", "PLACE", "LG_STATE", "STATE", "LG_INITIAL_STATE")


class LabgridFailedError(RigError):
    """labgrid-client ended with an error; `said` is its last line."""

    def __init__(self, call: str, said: str) -> None:
        super().__init__(f"'{call}' failed: {said}")
        self.said = said


@dataclass(frozen=True)
class PlaceName:
    """A place of a labgrid coordinator; without one, labgrid takes $LG_COORDINATOR, else its default."""

    place: str
    coordinator: str | None = None

    @property
    def options(self) -> tuple[str, ...]:
        """Return what names it on labgrid-client's command line."""
        return (*(("-x", self.coordinator) if self.coordinator else ()), "-p", self.place)

    @property
    def is_reservation(self) -> bool:
        """Whether it is whatever place a reservation was given (`+TOKEN`, or `+` for $LG_TOKEN)."""
        return self.place.startswith("+")

    @property
    def where(self) -> str:
        """Return the coordinator's address, for messages."""
        return self.coordinator or os.environ.get("LG_COORDINATOR", "127.0.0.1:20408")


def place_name(serial: str) -> PlaceName | None:
    """Read `labgrid:PLACE` or `labgrid://HOST:PORT/PLACE`; None if it is no labgrid place, InputError if a bad one."""
    scheme, colon, rest = serial.partition(":")
    if scheme.lower() != "labgrid" or not colon:
        return None
    coordinator = None
    if rest.startswith("//"):
        coordinator, _, rest = rest[2:].partition("/")
    if not rest or coordinator == "" or any(character in rest for character in "/ *"):
        raise InputError(f"'{serial}': expected labgrid:PLACE or labgrid://HOST:PORT/PLACE")
    return PlaceName(rest, coordinator)


class LabgridClient:
    """Calls of labgrid-client about one place. `ended_well`: the last one did what it was to do."""

    def __init__(self, name: PlaceName) -> None:
        """Find the program; InputError if there is none."""
        self.name = name
        self.ended_well = False
        program = os.environ.get(PROGRAM_VARIABLE) or PROGRAM
        found = shutil.which(program)
        if found is None:
            raise InputError(
                f"there is no program '{program}' for labgrid places; install labgrid into an environment of its own"
                f" (python3 -m venv ENV && ENV/bin/pip install labgrid) and name ENV/bin/labgrid-client in"
                f" ${PROGRAM_VARIABLE}"
            )
        self._program = found

    def call(self, *words: str) -> str:
        """Return what a call prints; LabgridFailedError if it fails, RigError if it has not ended in time."""
        self.ended_well = False
        call = " ".join((PROGRAM, *self.name.options, *words))
        environment = {key: value for key, value in os.environ.items() if key not in FOREIGN_VARIABLES}
        process = subprocess.Popen(
            [self._program, *self.name.options, *words],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C in the terminal is for us: half an acquisition helps nobody
        )
        try:
            printed, said = process.communicate(timeout=CALL_TIMEOUT_S)
        except subprocess.TimeoutExpired as exc:
            _kill(process)
            raise RigError(f"'{call}' had not ended after {CALL_TIMEOUT_S:g} s") from exc
        except BaseException:
            self._see_end(process)
            raise
        self.ended_well = process.returncode == 0
        if not self.ended_well:
            raise LabgridFailedError(call, _last_line(said))
        return printed

    def _see_end(self, process: subprocess.Popen[str]) -> None:
        try:
            process.communicate(timeout=END_TIMEOUT_S)
        except BaseException:
            _kill(process)
            raise
        self.ended_well = process.returncode == 0


def _kill(process: subprocess.Popen[str]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def _last_line(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    last = lines[-1] if lines else "it said nothing"
    for prefix in (f"{PROGRAM}: ", "Server error: ", "Error: "):
        last = last.removeprefix(prefix)
    return last
