"""The debug probe of a virtual board, at the board's end: a Unix socket that is looked at between slices of its run.

`mcubench.probe` has the client and says what goes over the socket.
"""

from __future__ import annotations

import contextlib
import errno
import io
import json
import logging
import select
import socket
import time
from collections.abc import Mapping
from pathlib import Path

from mcubench.errors import InputError, McubenchError, RigError, WrongImageError
from mcubench.probe import check_socket_path, encode
from mcubench.virtual.board import VirtualBoard
from mcubench.virtual.loader import parse_image

__all__ = ["ProbeServer"]

_log = logging.getLogger("mcubench.virtual")

_CHUNK_BYTES = 1 << 20
_LONGEST_LINE_BYTES = 8192
_LARGEST_FILE_BYTES = 256 << 20
# A client that says nothing for this long is cut off: others wait for their turn.
_SILENT_S = 10.0
# While the core is halted the board waits this long for the next page.
_NEXT_PAGE_S = 0.02


class ProbeServer:
    """Serves one client after the other; `attend` is what a board calls between slices, and never waits for long."""

    def __init__(self, path: Path) -> None:
        """Listen at `path`. What a dead process left there is replaced, anything else is an InputError."""
        check_socket_path(path)
        self._path = path
        self._server = _listen(path)
        self._inode = path.stat().st_ino
        self._client: _Client | None = None

    def attend(self, board: VirtualBoard, facts: Mapping[str, object]) -> None:
        """Do what clients ask for by now; `facts` are what `status` tells besides the image in the flash."""
        if self._client is None:
            self._client = self._accept()
        if self._client is not None and not self._client.serve(board, facts):
            self._client.close(board)
            self._client = None

    def close(self) -> None:
        """End the service and remove the socket."""
        self._server.close()
        with contextlib.suppress(OSError):
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()

    def _accept(self) -> _Client | None:
        try:
            connection, _ = self._server.accept()
        except OSError:  # nobody there, or gone again
            return None
        connection.setblocking(False)
        return _Client(connection)


class _Client:
    """One connection, and the upload that it may have under way."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._received = bytearray()
        self._pages_left = 0
        self._heard_s = time.monotonic()

    def serve(self, board: VirtualBoard, facts: Mapping[str, object]) -> bool:
        """Take what has come and answer it; return whether the client is still there."""
        while True:
            try:
                chunk = self._connection.recv(_CHUNK_BYTES)
            except BlockingIOError:
                return time.monotonic() - self._heard_s < _SILENT_S
            except OSError:
                return False
            if not chunk:
                return False
            self._heard_s = time.monotonic()
            self._received += chunk
            try:
                while (request := self._next_request()) is not None:
                    self._send(self._answer(board, facts, *request))
            except ValueError:
                self._send({"error": "input", "message": "this is no request to the probe of a virtual board"})
                return False
            if self._pages_left:
                select.select([self._connection], [], [], _NEXT_PAGE_S)

    def close(self, board: VirtualBoard) -> None:
        """Hang up; an upload that is not done stays undone."""
        if self._pages_left:
            _log.warning("the upload was cut off with %d pages left: the flash is half written", self._pages_left)
            board.abandon_programming()
        self._connection.close()

    def _next_request(self) -> tuple[Mapping[str, object], bytes] | None:
        """Return a request that has come completely, and the file after it; ValueError if it is none."""
        end = self._received.find(b"\n", 0, _LONGEST_LINE_BYTES) + 1
        if not end:
            if len(self._received) >= _LONGEST_LINE_BYTES:
                raise ValueError
            return None
        request = json.loads(self._received[:end])
        size_bytes = request.get("size_bytes", 0) if isinstance(request, dict) else None
        if not isinstance(size_bytes, int) or not 0 <= size_bytes <= _LARGEST_FILE_BYTES:
            raise ValueError
        if len(self._received) < end + size_bytes:
            return None
        file = bytes(self._received[end : end + size_bytes])
        del self._received[: end + size_bytes]
        return request, file

    def _answer(
        self, board: VirtualBoard, facts: Mapping[str, object], request: Mapping[str, object], file: bytes
    ) -> Mapping[str, object]:
        try:
            return self._do(board, facts, request, file)
        except WrongImageError as exc:
            return {"error": "wrong-image", "message": str(exc)}
        except InputError as exc:
            return {"error": "input", "message": str(exc)}
        except McubenchError as exc:
            return {"error": "rig", "message": str(exc)}

    def _do(
        self, board: VirtualBoard, facts: Mapping[str, object], request: Mapping[str, object], file: bytes
    ) -> Mapping[str, object]:
        what = request.get("do")
        if what == "load":
            image = parse_image(Path(str(request.get("name"))), io.BytesIO(file))
            self._pages_left = board.start_programming(image)
            return {"pages": self._pages_left}
        if what == "program":
            if not self._pages_left:
                raise RigError("no upload is under way")
            board.program_page()
            self._pages_left -= 1
        elif what == "reset":
            board.reset()
        elif what == "power-cycle":
            board.power_cycle()
        elif what == "status":
            mark = board.image.mark if board.image else None
            return {**facts, "build_id": mark.build_id if mark else None}
        else:
            raise InputError(f"this probe can load, reset, power-cycle and tell its status, not '{what}'")
        return {}

    def _send(self, answer: Mapping[str, object]) -> None:
        # An answer always fits into the socket's buffer, unless the client does not read; then it is cut off later.
        with contextlib.suppress(OSError):
            self._connection.send(encode(answer))


def _listen(path: Path) -> socket.socket:
    """Return a socket that listens at `path`."""
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        try:
            server.bind(str(path))
        except OSError as exc:
            if exc.errno != errno.EADDRINUSE:
                raise
            _remove_stale(path)
            server.bind(str(path))
        server.listen()
    except OSError as exc:
        server.close()
        raise InputError(f"--probe {path}: cannot make this socket: {exc.strerror}") from exc
    except InputError:
        server.close()
        raise
    server.setblocking(False)
    return server


def _remove_stale(path: Path) -> None:
    """Remove a socket that nobody serves any more; anything else in its place is an InputError."""
    if not path.is_socket():
        raise InputError(f"--probe {path}: there is something else of this name; give another path")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        if probe.connect_ex(str(path)) != errno.ECONNREFUSED:
            raise InputError(f"--probe {path}: a virtual board that runs serves it; give another path, or end that one")
    path.unlink()
