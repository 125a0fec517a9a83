"""A lab on the loopback interface: labgrid's own coordinator and exporter, and a power strip that is a double."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any

from server_processes import ServerProcess, free_port, labgrid_program

__all__ = ["Lab", "PowerStrip"]

EXPORT_TIMEOUT_S = 30.0


class PowerStrip:
    """A double of a power strip with a web page: it calls `switch` with "on" and "off", and notes all requests.

    What is put to `/reset` is noted only. One thread answers all: the board that it starts ends with it.
    """

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.switch: Callable[[str], None] = lambda _: None
        strip = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                strip.requests.append(self.path)
                strip.switch("on" if self.path.endswith("/1") else "off")
                self.answer()

            def do_PUT(self) -> None:
                strip.requests.append(f"{self.path}={self.rfile.read(int(self.headers['Content-Length'])).decode()}")
                self.answer()

            def answer(self) -> None:
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> PowerStrip:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Lab:
    """A coordinator with a place for each group of resources that an exporter offers (`aliases` by place)."""

    def __init__(self, groups: dict[str, Any], folder: Path, aliases: dict[str, list[str]] | None = None) -> None:
        port = free_port()
        self.coordinator = f"127.0.0.1:{port}"
        self._places = list(groups)
        programs = {name: labgrid_program(f"labgrid-{name}") for name in ("client", "coordinator", "exporter")}
        assert all(programs.values())
        self.client_program = str(programs["client"])
        # JSON is YAML too. What the coordinator keeps of its places; making them one by one takes a second each.
        (folder / "places.yaml").write_text(
            json.dumps({name: _place(name, (aliases or {}).get(name, [])) for name in groups})
        )
        (folder / "exporter.yaml").write_text(json.dumps(groups))
        exporter = [str(programs["exporter"]), "-c", self.coordinator, "--name", "shelf", "--hostname", "127.0.0.1"]
        self._servers = [
            ServerProcess([str(programs["coordinator"]), "-l", self.coordinator], port, folder),
            ServerProcess([*exporter, str(folder / "exporter.yaml")], None, folder),
        ]

    def client(self, *words: str, user: str | None = None) -> str:
        """Return what labgrid-client prints; `user` is `host/user`, None for who runs the test."""
        environment = os.environ | {"LG_COORDINATOR": self.coordinator}
        if user:
            environment["LG_HOSTNAME"], environment["LG_USERNAME"] = user.split("/")
        done = subprocess.run(
            [self.client_program, *words], env=environment, capture_output=True, text=True, timeout=30, check=False
        )
        return done.stdout + done.stderr

    def holder(self, place: str) -> str | None:
        shown = self.client("-p", place, "show")
        holder = shown.split("acquired: ")[1].splitlines()[0]
        return None if holder == "None" else holder

    def __enter__(self) -> Lab:
        for server in self._servers:
            server.start()
        deadline = time.monotonic() + EXPORT_TIMEOUT_S
        log = self._servers[1].log
        while "connected to coordinator" not in log.read_text():
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        while not all(place in self.client("resources") for place in self._places):
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.5)  # a look costs as much CPU time
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        for server in reversed(self._servers):
            server.end()


def _place(group: str, aliases: list[str]) -> dict[str, Any]:
    match = {"exporter": "shelf", "group": group, "cls": "*", "name": None, "rename": None}
    return {
        "acquired": None,
        "acquired_resources": [],
        "aliases": aliases,
        "allowed": [],
        "changed": 0.0,
        "comment": "",
        "created": 0.0,
        "matches": [match],
        "tags": {},
    }
