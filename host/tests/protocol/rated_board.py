"""A board whose UART has a rate: it knows hello, `mark`, `baud`, `tick` and ECHO, and hears noise at another rate."""

from __future__ import annotations

import os
import select
import termios
import threading
import time
import tty
from collections.abc import Callable
from types import TracebackType

from mcubench.protocol.frames import FrameType, decode_frame, encode_frame
from mcubench.protocol.text import add_trailer, split_trailer
from mcubench.serve.splitter import BoardSplitter, Event

__all__ = ["RatedBoard"]

DEAF_BYTES = 32768
RATES = {getattr(termios, f"B{rate}"): rate for rate in (115_200, 230_400, 460_800, 921_600, 1_000_000, 1_500_000,
                                                       2_000_000, 3_000_000, 4_000_000)}  # fmt: skip
INFO = """\
board name=rated core=none uid=00 port_version=3 counts_time=1
build id=00 toolchain=none flags=
engine name=none version=1 kernels=none
link window=7680 frame=2560 hold=0 grain=64 baud={baud} baud_max={baud_max} noise=0 crc_errors={errors} overruns=0
memory
boot count={count} cause={cause} mark={mark}
ok protocol=2"""


class RatedBoard:
    """`port` is what the host opens. Above `good_baud` bits are wrong; rates in `refused` it cannot have.

    `lose` is asked about every answer to `baud`: True, and it does not go out.
    """

    def __init__(
        self,
        boot_baud: int = 1_000_000,
        baud_max: int = 4_000_000,
        good_baud: int = 4_000_000,
        refused: tuple[int, ...] = (),
        lose: Callable[[], bool] = lambda: False,
        lag_s: float = 0.0,
    ) -> None:
        self.boot_baud, self.baud_max, self.good_baud, self.refused = boot_baud, baud_max, good_baud, refused
        self.baud = boot_baud
        self.crc_errors = 0
        self.rates = [boot_baud]  # all that it ever was at
        self.free = threading.Event()  # it takes nothing while this is not set
        self.free.set()
        self._lose = lose
        self._lag_s = lag_s  # how long it takes to look at what has come
        self._boots, self._mark, self._deaf_bytes = 1, 0, 0
        self._splitter = BoardSplitter()
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        self._stop_reader, self._stop_writer = os.pipe()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> RatedBoard:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.write(self._stop_writer, b"x")
        self._thread.join()
        for descriptor in (self._master, self._slave, self._stop_reader, self._stop_writer):
            os.close(descriptor)

    def reset(self) -> None:
        """Do what the watchdog does; the boot line comes at another rate than the host's if that was raised."""
        self._boots, self._mark = self._boots + 1, 0
        self._go_to(self.boot_baud)
        self._send(f"boot board=rated protocol=2 count={self._boots} cause=watchdog\n".encode())

    def deafen(self) -> None:
        """Do what a board does that has heard only noise for long."""
        self._go_to(self.boot_baud)

    def _run(self) -> None:
        while self._stop_reader not in (ready := select.select([self._master, self._stop_reader], [], [])[0]):
            assert ready
            self.free.wait()
            time.sleep(self._lag_s)
            data = self._garble(os.read(self._master, 65536))
            self._deaf_bytes += len(data)
            for event, content in self._splitter.feed(data):
                if event is Event.LINE:
                    self._handle_line(content.decode())
                elif event is Event.FRAME:
                    self._handle_frame(content)
            if self._deaf_bytes >= DEAF_BYTES and self.baud != self.boot_baud:
                self._go_to(self.boot_baud)

    def _handle_line(self, line: str) -> None:
        numbered = split_trailer(line)
        if numbered is None:
            return
        text, seq = numbered
        self._deaf_bytes = 0
        verb, *words = text.split()
        wanted = None
        if verb == "info":
            answer = INFO.format(
                baud=self.baud, baud_max=self.baud_max, errors=self.crc_errors, count=self._boots,
                cause="watchdog" if self._boots > 1 else "power-on", mark=self._mark,
            )  # fmt: skip
        elif verb == "mark":
            self._mark = int(words[0])
            answer = f"ok mark={self._mark}"
        elif verb == "baud" and int(words[0]) not in self.refused:
            wanted = int(words[0])
            answer = f"ok baud={wanted}"
        elif verb == "baud":
            answer = "error refused reason=no"
        else:
            answer = "ok cycles=1 hz=1"
        if verb != "baud" or not self._lose():
            self._send("".join(add_trailer(each, seq) + "\n" for each in answer.split("\n")).encode())
        if wanted is not None:
            self._go_to(wanted)

    def _handle_frame(self, content: bytes) -> None:
        frame = decode_frame(content)
        if frame is None:
            self.crc_errors += 1
        elif frame.type == FrameType.ECHO:
            self._deaf_bytes = 0
            self._send(encode_frame(FrameType.ECHOED, 0, frame.payload))

    def _go_to(self, baud: int) -> None:
        self.baud = baud
        self.rates.append(baud)
        self._deaf_bytes = 0

    def _send(self, data: bytes) -> None:
        os.write(self._master, self._garble(data))

    def _garble(self, data: bytes) -> bytes:
        """Return what arrives: noise where the rates of both ends differ, one wrong byte in 1000 above `good_baud`."""
        if RATES[termios.tcgetattr(self._master)[5]] != self.baud:
            return bytes(byte | 0x80 for byte in data)
        if self.baud > self.good_baud:
            return bytes(byte ^ (at % 1000 == 999) for at, byte in enumerate(data))
        return data
