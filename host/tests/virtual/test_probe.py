"""The debug probe of a virtual board: what loads firmware into it while it runs, and resets it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import serial
from bench import DEADLINE_S, Bench, BoardProcess, Compile, Start

from mcubench import probe as probe_module
from mcubench.errors import FlashError, InputError, RigError, WrongImageError
from mcubench.probe import Probe, ProbeStatus, encode
from mcubench.virtual.loader import load_image

UID = "7669727475616c00000000a5"
SENT = len("0000001f\n")


@pytest.fixture
def image(program: Compile) -> Callable[..., Path]:
    """Compile the marked program: `image("a1", WORK="udiv")`."""
    return lambda build, **macros: program("marked", **{"BOARD": "stm32f746", "BUILD": build, **macros})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "probe"


def opened(board: BoardProcess) -> serial.SerialBase:
    return serial.serial_for_url(board.port, baudrate=1000000, timeout=DEADLINE_S)


def hello(port: serial.SerialBase) -> list[str]:
    """Return the words of the first line that an image sends."""
    return bytes(port.read_until(b"\n")).decode().split()


def work_cycles(port: serial.SerialBase) -> int:
    """Have the image work, and return the cycles: proof that it runs."""
    port.write(b"w")
    return int(port.read(SENT), 16)


class Client:
    """Somebody at the probe's socket who need not behave."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._file = connection.makefile("rb")

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def ask(self, data: bytes) -> dict[str, object]:
        self.send(data)
        return dict(json.loads(self._file.readline()))

    def at_end(self) -> bool:
        """Return whether the other side has hung up."""
        return self._file.read(1) == b""

    def close(self) -> None:
        self._file.close()


@contextmanager
def connected(path: Path) -> Iterator[Client]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(DEADLINE_S)
        connection.connect(str(path))
        with closing(Client(connection)) as client:
            yield client


def load_request(elf: Path) -> bytes:
    return encode({"do": "load", "name": str(elf), "size_bytes": elf.stat().st_size}) + elf.read_bytes()


def test_image_is_loaded_while_a_host_has_the_port_open(image: Callable[..., Path], start: Start, path: Path) -> None:
    board = start(image("a1"), "--probe", str(path), "--uid", UID)
    with opened(board) as port:
        assert hello(port)[:3] == ["build", "a1", "power-on"]
        first = work_cycles(port)
        Probe(path).load(image("b2", WORK="udiv"))
        assert hello(port)[:3] == ["build", "b2", "pin"]
        assert work_cycles(port) > first
    assert Probe(path).status() == ProbeStatus("stm32f746", UID, board.process.pid, board.port, "b2", "m7-1")


def test_erased_board_waits_for_firmware(image: Callable[..., Path], start: Start, path: Path) -> None:
    board = start(None, "--probe", str(path), "-v")
    assert Probe(path).status().build_id is None
    Probe(path).reset()
    Probe(path).power_cycle()
    assert board.log.count("no firmware in the flash: the core cannot start") == 3
    with opened(board) as port:
        Probe(path).load(image("a1"))
        # This chip keeps the flags of all resets until firmware clears them, and none has run since power-on.
        assert hello(port)[:3] == ["build", "a1", "power-on"]


def test_reset_keeps_the_ram_and_power_does_not(image: Callable[..., Path], start: Start, path: Path) -> None:
    board = start(image("a1"), "--probe", str(path))
    with opened(board) as port:
        starts = [hello(port)]
        for do in (Probe(path).reset, Probe(path).power_cycle, Probe(path).reset):
            do()
            starts.append(hello(port))
    assert [words[2] for words in starts] == ["power-on", "pin", "power-on", "pin"]
    counts = [int(words[3], 16) for words in starts]
    assert counts[1] == counts[0] + 1
    assert counts[2] not in (counts[0], counts[1], counts[1] + 1), "RAM holds noise, other noise each time"
    assert counts[3] == counts[2] + 1


def test_image_that_does_not_belong_there_is_refused_and_the_board_goes_on(
    image: Callable[..., Path], start: Start, path: Path, tmp_path: Path
) -> None:
    board = start(image("a1"), "--probe", str(path))
    moved, text = tmp_path / "moved.elf", tmp_path / "text.elf"
    subprocess.run(["arm-none-eabi-objcopy", "--change-addresses", "0x58000000", image("a1"), moved], check=True)
    text.write_text("no ELF file")
    with opened(board) as port:
        hello(port)
        work_cycles(port)  # the branch predictor learns
        cycles = work_cycles(port)
        with pytest.raises(WrongImageError, match="for the board nrf52840; expected one for stm32f746"):
            Probe(path).load(image("b2", BOARD="nrf52840"))
        with pytest.raises(WrongImageError, match="lie in no memory of this chip"):
            Probe(path).load(moved)
        with pytest.raises(InputError, match=r"text\.elf: not an ELF file"):
            Probe(path).load(text)
        assert work_cycles(port) == cycles, "it was not even reset, or it would have said so"
    assert Probe(path).status().build_id == "a1"


def test_an_image_for_another_board_is_refused_at_the_start_too(image: Callable[..., Path], start: Start) -> None:
    board = start(image("b2", BOARD="nrf52840"))
    assert board.process.wait(DEADLINE_S) == 2
    assert "for the board nrf52840; expected one for stm32f746" in board.log


def test_upload_cut_off_leaves_flash_that_does_not_start_and_the_next_one_repairs_it(
    image: Callable[..., Path], start: Start, path: Path
) -> None:
    board = start(image("a1"), "--probe", str(path))
    with opened(board) as port:
        hello(port)
        with connected(path) as client:
            pages = client.ask(load_request(image("b2")))["pages"]
            assert isinstance(pages, int)
            for _ in range(pages - 1):
                assert client.ask(encode({"do": "program"})) == {}
        assert Probe(path).status().build_id is None
        assert "cut off with 1 pages left: the flash is half written" in board.log
        Probe(path).reset()
        assert Probe(path).status().build_id is None
        Probe(path).load(image("b2"))
        assert hello(port)[:3] == ["build", "b2", "pin"]


def test_file_cut_off_changes_nothing(image: Callable[..., Path], start: Start, path: Path) -> None:
    board = start(image("a1"), "--probe", str(path))
    with opened(board) as port:
        hello(port)
        with connected(path) as client:
            client.send(load_request(image("b2"))[:-1])
            work_cycles(port)
        work_cycles(port)
    assert Probe(path).status().build_id == "a1"


def test_who_does_not_speak_the_language_is_told_and_cut_off(start: Start, path: Path) -> None:
    start(None, "--probe", str(path))
    load = b'{"do": "load", "size_bytes": %s}\n'
    for line in (b"help\n", b"[]\n", load % b"-1", load % b'"1"', b"x" * 9000):
        with connected(path) as client:
            assert client.ask(line)["error"] == "input", line
            assert client.at_end()
    with connected(path) as client:
        assert "not 'dance'" in str(client.ask(encode({"do": "dance"}))["message"])
        assert client.ask(encode({"do": "program"})) == {"error": "rig", "message": "no upload is under way"}


def test_socket_goes_away_with_the_board(start: Start, path: Path) -> None:
    board = start(None, "--probe", str(path))
    assert path.is_socket()
    assert board.end() == 0
    assert not path.exists()
    with pytest.raises(RigError, match="no virtual board serves this probe"):
        Probe(path).status()


def test_socket_of_a_dead_board_is_replaced_and_that_of_a_living_one_is_not(start: Start, path: Path) -> None:
    dead = start(None, "--probe", str(path))
    dead.end(signal.SIGKILL)
    assert path.is_socket()
    living = start(None, "--probe", str(path))
    third = start(None, "--probe", str(path))
    assert third.process.wait(DEADLINE_S) == 2
    assert "a virtual board that runs serves it; give another path, or end that one" in third.log
    assert Probe(path).status().pid == living.process.pid


def test_board_that_dies_while_it_is_loaded_is_a_failed_upload(
    image: Callable[..., Path], start: Start, path: Path
) -> None:
    board = start(None, "--probe", str(path))
    board.process.send_signal(signal.SIGSTOP)
    threading.Timer(0.2, board.process.kill).start()
    with pytest.raises(FlashError, match="the virtual board went away"):
        Probe(path).load(image("a1"))


def test_board_that_does_not_answer_is_told_in_time(start: Start, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    board = start(None, "--probe", str(path))
    board.process.send_signal(signal.SIGSTOP)
    monkeypatch.setattr(probe_module, "_ASK_S", 0.2)
    with pytest.raises(RigError, match=r"did not answer within 0\.2 s"):
        Probe(path).status()


def works(board: Bench) -> list[int]:
    return [int(board.ask(b"w", SENT), 16) for _ in range(4)]


def test_cycles_are_those_of_a_board_that_started_with_the_image(
    bench: Callable[..., Bench], image: Callable[..., Path]
) -> None:
    started = bench("marked", {"BOARD": "stm32f746", "BUILD": "b2", "WORK": "udiv"})
    loaded = bench("marked", {"BOARD": "stm32f746", "BUILD": "a1"})
    for board in (started, loaded):
        board.until(b"\n")
    others = works(loaded)
    for _ in range(loaded.board.start_programming(load_image(image("b2", WORK="udiv")))):
        loaded.board.program_page()
    loaded.until(b"build b2 pin ")
    loaded.run_for(0.01)
    expected = works(started)
    assert works(loaded) == expected
    assert len(set(expected)) > 1, "caches or predictors learn"
    assert others != expected
