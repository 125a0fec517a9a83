"""Two ways to talk to the core: over a real pty to the PC as a board, and in memory through the fake port."""

from __future__ import annotations

import ctypes
import os
import select
import subprocess
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import wire_reference as wire

__all__ = ["FIRMWARE", "WARNINGS", "FakeBoard", "Message", "PtyBoard", "core_sources", "receive", "run_tool", "stream"]

FIRMWARE = Path(__file__).resolve().parent.parent
WARNINGS = ("-Wall", "-Wextra", "-pedantic", "-Wmissing-prototypes", "-Werror")
ANSWER_TIMEOUT_S = 20.0
NATIVE_WINDOW_BYTES = 32256
# Of the fake board's clock at boot, or a faster one: a pause after which results go out (docs/protocol.md section 3).
PAUSE_CYCLES = 6 * 288_000

Message = wire.Answer | wire.Frame


def run_tool(*command: str | Path, timeout_s: float = 200.0) -> str:
    """Run a compiler or tool and return what it printed; AssertionError with all of it if it failed."""
    done = subprocess.run(
        [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout_s
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def core_sources() -> list[Path]:
    """Return the sources of the core without its main()."""
    return [path for path in sorted((FIRMWARE / "common").glob("*.c")) if path.name != "main.c"]


def receive(splitter: wire.Splitter, data: bytes) -> Iterator[Message]:
    """Turn bytes from the board into messages; AssertionError at anything that is not in the protocol."""
    for event in splitter.feed(data):
        if event.kind == "line":
            yield wire.Answer.parse(event.data.decode("ascii"))
        else:
            assert event.kind == "frame", event
            yield wire.decode_body(event.data)


def board_splitter() -> wire.Splitter:
    """Lines and results of a board may be longer than what a board takes."""
    return wire.Splitter(body_bytes_max=1 << 17, line_bytes_max=None)


class PtyBoard:
    """A board that is a process, the native one, reached through its pty as a host reaches a serial port."""

    def __init__(self, program: Path, *arguments: str) -> None:
        self._process = subprocess.Popen([program, *(arguments or ("--seconds", "120"))], stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        word, path, *_ = self._process.stdout.readline().split()
        assert word == b"pty"
        self.path = path.decode()
        self._fd = os.open(self.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self._splitter = board_splitter()
        self._waiting: deque[Message] = deque()

    def __enter__(self) -> PtyBoard:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._fd)
        self._process.terminate()
        self._process.wait(timeout=10)
        assert self._process.stdout is not None
        self._process.stdout.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def send(self, data: bytes) -> None:
        """Write all of `data`, reading meanwhile so that neither side blocks the other."""
        while data:
            readable, writable, _ = select.select([self._fd], [self._fd], [], ANSWER_TIMEOUT_S)
            assert readable or writable, f"the board took nothing for {ANSWER_TIMEOUT_S} s"
            if readable:
                self._read()
            if writable:
                data = data[os.write(self._fd, data) :]

    def next(self, timeout_s: float = ANSWER_TIMEOUT_S) -> Message | None:
        """Return the next message, None if there is none in time."""
        end_s = time.monotonic() + timeout_s
        while not self._waiting:
            left_s = end_s - time.monotonic()
            if left_s <= 0 or not select.select([self._fd], [], [], left_s)[0]:
                return None
            self._read()
        return self._waiting.popleft()

    def next_frame(self) -> wire.Frame:
        message = self.next()
        assert isinstance(message, wire.Frame), message
        return message

    def answer(self) -> list[wire.Answer]:
        """Return the data lines and the final line of one answer."""
        lines: list[wire.Answer] = []
        while not lines or lines[-1].kind not in ("ok", "error"):
            message = self.next()
            assert isinstance(message, wire.Answer), (message, lines)
            lines.append(message)
        return lines

    def ask(self, line: str) -> list[wire.Answer]:
        self.send(line.encode("latin-1") + b"\n")
        return self.answer()

    def ask_final(self, line: str) -> wire.Answer:
        return self.ask(line)[-1]

    def wait_for(self, kind: int | str) -> list[Message]:
        """Return all messages up to the first one of a kind: a frame's type, or a line's first word."""
        found: list[Message] = []
        while not found or found[-1].kind != kind:
            message = self.next()
            assert message is not None, f"no {kind} after {found[-3:]}"
            found.append(message)
        return found

    def _read(self) -> None:
        self._waiting.extend(receive(self._splitter, os.read(self._fd, 65536)))


class FakeBoard:
    """The core with the fake port, loaded into this process: every poll and every cycle is the test's decision."""

    def __init__(self, library: Path) -> None:
        self.library = ctypes.CDLL(str(library))
        self.library.fake_feed.restype = ctypes.c_size_t
        self.library.fake_take.restype = ctypes.c_size_t
        self.library.fake_waiting.restype = ctypes.c_size_t
        self._splitter = board_splitter()
        self._buffer = ctypes.create_string_buffer(1 << 20)
        self.library.fake_start()
        self.cycles_per_reading = 10
        self.clock_status = 0
        self.take()

    def variable(self, name: str) -> ctypes.c_uint32:
        return ctypes.c_uint32.in_dll(self.library, name)

    @property
    def cycles(self) -> int:
        return self.variable("fake_cycles").value

    @cycles.setter
    def cycles(self, value: int) -> None:
        self.variable("fake_cycles").value = value & 0xFFFFFFFF

    @property
    def cycles_per_reading(self) -> int:
        return self.variable("fake_cycles_per_reading").value

    @cycles_per_reading.setter
    def cycles_per_reading(self, value: int) -> None:
        self.variable("fake_cycles_per_reading").value = value

    @property
    def clock_status(self) -> int:
        return ctypes.c_int.in_dll(self.library, "fake_clock_status").value

    @clock_status.setter
    def clock_status(self, value: int) -> None:
        ctypes.c_int.in_dll(self.library, "fake_clock_status").value = value

    def feed(self, data: bytes) -> None:
        fitted = self.library.fake_feed(data, ctypes.c_size_t(len(data)))
        assert fitted == len(data), "the receive ring is full"

    def poll(self, times: int = 1) -> None:
        for _ in range(times):
            self.library.fake_poll()

    def take(self) -> list[Message]:
        size = self.library.fake_take(self._buffer, ctypes.c_size_t(len(self._buffer)))
        return list(receive(self._splitter, bytes(memoryview(self._buffer)[:size])))

    def handle(self, data: bytes) -> list[Message]:
        """Feed bytes and poll until all of them are handled, but not so often that the line counts as silent."""
        self.feed(data)
        while self.library.fake_waiting() > 0:
            self.poll()
        return self.take()

    def exchange(self, data: bytes) -> list[Message]:
        """The same, and after a pause one poll more that finds nothing: the line is silent."""
        before = self.handle(data)
        self.cycles += PAUSE_CYCLES
        self.poll()
        return before + self.take()

    def ask(self, line: str) -> list[wire.Answer]:
        messages = self.exchange(line.encode("latin-1") + b"\n")
        answers = [message for message in messages if isinstance(message, wire.Answer)]
        assert len(answers) == len(messages), messages
        return answers

    def ask_final(self, line: str) -> wire.Answer:
        return self.ask(line)[-1]


def stream(board: PtyBoard, data: bytes, vectors: int, output_bytes: int) -> list[wire.Item]:
    """Send `data` in the largest frames within the window, as a host does, and return the results."""
    items: list[wire.Item] = []
    sender = wire.Sender()
    outstanding: list[tuple[int, int]] = []  # seq and wire bytes of the frames that the board has not seen
    at = 0
    while len(items) < vectors:
        while at < len(data):
            end = min(at + wire.DATA_BYTES_MAX, len(data))
            seq = sender.seq
            frame = sender.data(at, data[at:end])
            if sum(size for _, size in outstanding) + len(frame) > NATIVE_WINDOW_BYTES:
                sender.seq = seq
                break
            board.send(frame)
            outstanding.append((seq, len(frame)))
            at = end
        answer = board.next_frame()
        if answer.kind == wire.RESULT:
            result = wire.parse_result(answer.payload, output_bytes)
            seen = result.seen
            items += result.items
        else:
            ack = wire.parse_ack(answer.payload)
            seen = ack.seen
            assert (ack.flags, ack.held) == (0, frozenset())
        outstanding = [(seq, size) for seq, size in outstanding if 0 < (seq - seen) % 256 < 128]
    return items
