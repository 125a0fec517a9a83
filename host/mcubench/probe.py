"""The debug probe of a virtual board, seen from whoever uses it: a Unix socket that loads firmware and resets.

A request is one line of JSON, for `load` with the ELF file after it; an answer is one line of JSON, with an error or
without. A real probe writes flash page by page as its host tells it to. So does this one: after `load` comes one
`program` for each page, and if no more of them come the flash stays half written.

    {"do": "load", "name": "firmware.elf", "size_bytes": 123456}  and the file    -> {"pages": 24}
    {"do": "program"}                                             24 times       -> {}
    {"do": "reset"}  {"do": "power-cycle"}                                       -> {}
    {"do": "status"}                      -> {"chip": ..., "uid": ..., "pid": ..., "port": ..., "build_id": ...}
    what cannot be done                   -> {"error": "wrong-image" | "input" | "rig", "message": "..."}
"""

from __future__ import annotations

import contextlib
import errno
import json
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mcubench.deadline import Deadline
from mcubench.errors import FlashError, InputError, RigError, WrongImageError

__all__ = ["LONGEST_PATH_BYTES", "Probe", "ProbeStatus", "check_socket_path", "encode"]

# sockaddr_un has 108, the last one is a NUL.
LONGEST_PATH_BYTES = 107
_LOAD_S = 60.0
_ASK_S = 10.0
_CHUNK_BYTES = 65536
_ERRORS = {"wrong-image": WrongImageError, "input": InputError}


@dataclass(frozen=True)
class ProbeStatus:
    """What a probe tells of its board.

    `port` is where the board's line comes out, `build_id` that of the image in its flash: None if the flash is erased
    or half written, or holds an image without a mark. `timing_model` is the version of its cycle costs.
    """

    chip: str
    uid: str
    pid: int
    port: str
    build_id: str | None
    timing_model: str


class Probe:
    """A client of the probe at a socket; every call connects anew and has a deadline.

    Raises RigError where nobody serves the socket, or not in time.
    """

    def __init__(self, path: Path) -> None:
        """Raises InputError if `path` is too long to be a socket's."""
        check_socket_path(path)
        self._path = path

    def load(self, elf: Path) -> None:
        """Erase the flash, write the ELF file into it, verify, and pull the reset pin.

        Raises WrongImageError before anything is written if the image is for another board, FlashError if it could not
        be loaded.
        """
        try:
            data = elf.read_bytes()
        except OSError as exc:
            raise InputError(f"{elf}: cannot be read: {exc.strerror}; give the firmware's ELF file") from exc
        try:
            with self._connected(_LOAD_S) as line:
                begun = line.ask({"do": "load", "name": str(elf), "size_bytes": len(data)}, data)
                for _ in range(int(str(begun.get("pages", 0)))):
                    line.ask({"do": "program"})
        except RigError as exc:
            raise FlashError(str(self._path), str(exc).removeprefix(f"{self._path}: ")) from exc

    def reset(self) -> None:
        """Pull the reset pin."""
        self._ask("reset")

    def power_cycle(self) -> None:
        """Switch the power off and on."""
        self._ask("power-cycle")

    def status(self) -> ProbeStatus:
        """Ask what is behind the probe; works with any firmware and with none."""
        told = self._ask("status")
        try:
            build_id = told["build_id"]
            return ProbeStatus(
                chip=str(told["chip"]),
                uid=str(told["uid"]),
                pid=int(str(told["pid"])),
                port=str(told["port"]),
                build_id=None if build_id is None else str(build_id),
                timing_model=str(told["timing_model"]),
            )
        except (KeyError, ValueError) as exc:
            raise RigError(f"{self._path}: expected the status of a virtual board's probe, got {told}") from exc

    def _ask(self, what: str) -> Mapping[str, object]:
        with self._connected(_ASK_S) as line:
            return line.ask({"do": what})

    @contextlib.contextmanager
    def _connected(self, timeout_s: float) -> Iterator[_Line]:
        deadline = Deadline.after(timeout_s)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            try:
                connection.settimeout(timeout_s)
                connection.connect(str(self._path))
                yield _Line(self._path, connection, deadline)
            except TimeoutError:
                raise RigError(f"{self._path}: the probe did not answer within {timeout_s:g} s") from None
            except OSError as exc:
                raise RigError(f"{self._path}: {_why(exc)}") from None


class _Line:
    """One connection to a probe."""

    def __init__(self, path: Path, connection: socket.socket, deadline: Deadline) -> None:
        self._path = path
        self._connection = connection
        self._deadline = deadline
        self._received = b""

    def ask(self, request: Mapping[str, object], payload: bytes = b"") -> Mapping[str, object]:
        """Send a request and return the answer; raise what the probe says is wrong, or OSError."""
        self._allow_rest()
        # A probe that refuses does not read to the end, but its answer says why.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._connection.sendall(encode(request) + payload)
        while b"\n" not in self._received:
            self._allow_rest()
            chunk = self._connection.recv(_CHUNK_BYTES)
            if not chunk:
                raise ConnectionResetError(errno.ECONNRESET, "closed")
            self._received += chunk
        line, _, self._received = self._received.partition(b"\n")
        return self._answer(line)

    def _answer(self, line: bytes) -> Mapping[str, object]:
        try:
            answer = json.loads(line)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise RigError(f"{self._path}: expected an answer of a virtual board's probe, got {line[:80]!r}")
        if "error" in answer:
            message = str(answer.get("message", answer["error"]))
            error = _ERRORS.get(str(answer["error"]))
            raise RigError(f"{self._path}: {message}") if error is None else error(message)
        return answer

    def _allow_rest(self) -> None:
        if self._deadline.expired:
            raise TimeoutError
        self._connection.settimeout(self._deadline.left_s)


def check_socket_path(path: Path) -> None:
    """Raise InputError for a path that no Unix socket can have."""
    size_bytes = len(str(path).encode())
    if size_bytes > LONGEST_PATH_BYTES:
        raise InputError(
            f"{path}: a path of {size_bytes} bytes, but that of a socket has {LONGEST_PATH_BYTES} at most; "
            "use a shorter folder, or a path relative to this one"
        )


def encode(words: Mapping[str, object]) -> bytes:
    """Return a request or an answer as it goes over the socket."""
    return json.dumps(words).encode() + b"\n"


def _why(exc: OSError) -> str:
    if exc.errno in (errno.ENOENT, errno.ECONNREFUSED, errno.ENOTSOCK):
        return (
            "no virtual board serves this probe; start it with 'mcubench rig up', "
            "or 'mcubench virtual CHIP --probe SOCKET'"
        )
    if exc.errno in (errno.ECONNRESET, errno.EPIPE):
        return "the virtual board went away"
    return exc.strerror or str(exc)
