"""Real servers between a host and a board, on the loopback interface: ser2net, labgrid's coordinator and exporter."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType

__all__ = ["Ser2net", "ServerProcess", "free_port", "labgrid_program", "ser2net_program", "wait_until_listening"]

ROOT = Path(__file__).resolve().parents[3]
START_TIMEOUT_S = 20.0
END_TIMEOUT_S = 5.0
LISTENS = "0A"  # in /proc/net/tcp


def ser2net_program() -> str | None:
    return shutil.which("ser2net", path=os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/sbin"]))


def labgrid_program(name: str) -> str | None:
    """Return one of labgrid's programs: in the environment of `make test`, else on the PATH."""
    return shutil.which(name, path=os.pathsep.join([str(ROOT / ".venv" / "labgrid" / "bin"), os.environ["PATH"]]))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def is_listening(port: int) -> bool:
    """Look whether somebody listens, without connecting: that would open the board."""
    listening = (line.split() for table in ("tcp", "tcp6") for line in _table(table))
    return any(int(fields[1].rpartition(":")[2], 16) == port and fields[3] == LISTENS for fields in listening)


def _table(name: str) -> list[str]:
    path = Path("/proc/net") / name
    return path.read_text().splitlines()[1:] if path.exists() else []


def wait_until_listening(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not is_listening(port):
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.02)


class ServerProcess:
    """A server that has started when it listens on `port`, and is always ended. `log` is what it says."""

    def __init__(self, command: list[str], port: int | None, folder: Path) -> None:
        self.command = command
        self.port = port
        self.folder = folder
        self.log = folder / f"{Path(command[0]).name}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            # A session of its own, so that what it starts (labgrid's exporter a ser2net) ends with it.
            self.process = subprocess.Popen(
                self.command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        if self.port is not None:
            wait_until_listening(self.port, self.process, self.log)

    def end(self, with_signal: signal.Signals = signal.SIGTERM) -> None:
        if self.process is None:
            return
        self.process.send_signal(with_signal)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(END_TIMEOUT_S)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def __enter__(self) -> ServerProcess:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()


class Ser2net(ServerProcess):
    """ser2net before a serial port, over plain TCP and over RFC 2217, for one client each."""

    def __init__(self, device: str | Path, folder: Path, baud: int = 1_000_000) -> None:
        raw, telnet = free_port(), free_port()
        self.raw, self.rfc2217 = f"socket://127.0.0.1:{raw}", f"rfc2217://127.0.0.1:{telnet}"
        program = ser2net_program()
        assert program is not None
        config = folder / "ser2net.yaml"
        config.write_text(
            f"""connection: &plain
  accepter: tcp(nodelay),127.0.0.1,{raw}
  connector: serialdev(nouucplock=true),{device},{baud}n81,local
connection: &rfc2217
  accepter: telnet(rfc2217),tcp(nodelay),127.0.0.1,{telnet}
  connector: serialdev(nouucplock=true),{device},{baud}n81,local
"""
        )
        super().__init__([program, "-n", "-d", "-c", str(config)], telnet, folder)

    def bytes_read(self) -> int:
        """Return how much it has read so far, from board and host together (Linux: /proc/<pid>/io)."""
        assert self.process is not None
        text = Path(f"/proc/{self.process.pid}/io").read_text()
        return int(text.split("rchar:")[1].split()[0])
