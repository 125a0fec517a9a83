"""The PC as a board: streaming over its pty under load and noise, its link, its end."""

from __future__ import annotations

import os
import platform
import random
import select
import signal
import struct
import subprocess
import time
import zlib
from pathlib import Path

import pytest
import wire_reference as wire
from core_boards import FIRMWARE, WARNINGS, PtyBoard, run_tool, stream

BIG_BYTES = 20000


def big_output(vector: bytes) -> bytes:
    return bytes(sum(vector[i::600]) % 256 for i in range(600))


def core_of(board: PtyBoard) -> int:
    """Return the process that runs the core."""
    return int(Path(f"/proc/{board.pid}/task/{board.pid}/children").read_text().split()[0])


def test_large_vectors_within_the_window(pty_board: PtyBoard) -> None:
    pty_board.ask("model big")
    data = random.Random(1).randbytes(5 * BIG_BYTES)
    items = stream(pty_board, data, 5, 600)
    vectors = [data[k : k + BIG_BYTES] for k in range(0, len(data), BIG_BYTES)]
    assert [item.index for item in items] == list(range(5))
    assert [item.input_crc for item in items] == [zlib.crc32(vector) for vector in vectors]
    assert [item.output for item in items] == [big_output(vector) for vector in vectors]
    assert all(item.status == 0 and item.cycles > 0 for item in items)


def test_many_small_vectors_are_batched(pty_board: PtyBoard) -> None:
    pty_board.ask("model echo")
    data = b"".join(struct.pack("<Q", k) for k in range(4000))
    items = stream(pty_board, data, 4000, 4)
    assert [item.index for item in items] == list(range(4000))
    assert [item.input_crc for item in items] == [zlib.crc32(data[k : k + 8]) for k in range(0, len(data), 8)]


def test_noise_between_frames_costs_nothing_but_the_noise(pty_board: PtyBoard) -> None:
    pty_board.ask("model echo")
    noise = random.Random(2)
    sender = wire.Sender()
    indices: list[int] = []
    while len(indices) < 50:
        garbage = bytes(noise.choice(b"\x01\x02\x7f\x80\xff\r") for _ in range(noise.randrange(40)))
        pty_board.send(garbage + b"\n" + sender.data(8 * len(indices), bytes(8)))
        pty_board.send(b"\x00\x00\n" + sender.poll())  # noise may begin with what starts a frame's body
        for frame in iter(pty_board.next_frame, None):
            if frame.kind == wire.ACK and wire.parse_ack(frame.payload).seen == sender.seq - 1:
                break
            if frame.kind == wire.RESULT:
                indices += [item.index for item in wire.parse_result(frame.payload, 4).items]
    assert indices == list(range(50))


def test_a_person_can_type_after_a_frame_that_was_cut_off(pty_board: PtyBoard) -> None:
    pty_board.send(b"\x00\x01cut off")
    time.sleep(0.5)  # twice the silence after which the board takes what comes for text
    assert pty_board.ask_final("tick").kind == "ok"


def test_the_pty_outlives_the_host(native_program: Path) -> None:
    with PtyBoard(native_program) as board:
        board.ask("model echo")
        second = os.open(board.path, os.O_RDWR | os.O_NOCTTY)
        os.close(second)
        assert board.ask_final("models").text == "ok count=5 selected=0"


def test_seconds_end_the_board(native_program: Path) -> None:
    done = subprocess.run([native_program, "--seconds", "1"], stdout=subprocess.PIPE, timeout=60)
    assert done.returncode == 0
    assert done.stdout.startswith(b"pty /dev/")


def test_the_core_ends_with_its_power_supply(native_program: Path) -> None:
    with PtyBoard(native_program) as board:
        assert board.next() is not None
        core = core_of(board)
        os.kill(board.pid, signal.SIGKILL)
        end_s = time.monotonic() + 20
        while Path(f"/proc/{core}/stat").exists() and time.monotonic() < end_s:
            time.sleep(0.02)
        assert not Path(f"/proc/{core}/stat").exists()


# ASan ends the program at all others itself, and rightly so.
def test_core_that_crashes_starts_again_and_says_so(native_program: Path) -> None:
    with PtyBoard(native_program) as board:
        assert board.next() is not None
        os.kill(core_of(board), signal.SIGABRT)
        assert board.next() == wire.Answer("boot board=native protocol=2 count=2 cause=fault", None)
        assert board.next() == wire.Answer("fault boot=1 kind=exit", None)
        assert board.ask_final("reset").kind == "ok"
        assert board.next() == wire.Answer("boot board=native protocol=2 count=3 cause=software", None)
        assert [line.text for line in board.ask("info")][-3:] == [
            "boot count=3 cause=software mark=0",
            "fault boot=1 kind=exit",
            "ok protocol=2",
        ]


def test_board_does_not_wait_for_a_host_that_never_reads(native_program: Path) -> None:
    """A thousand answers are far more than a pty holds. What nobody reads is lost, and the board goes on."""
    with PtyBoard(native_program) as board:
        line = os.open(board.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            to_send = b"help\n" * 1000 + b"mark 7\n"
            while to_send:
                assert select.select([], [line], [], 20)[1], "the board has stopped reading"
                to_send = to_send[os.write(line, to_send) :]
            heard, end_s = b"", time.monotonic() + 20
            while b"mark=7" not in heard:
                assert time.monotonic() < end_s, heard[-200:]
                os.write(line, b"info\n")
                if select.select([line], [], [], 0.2)[0]:
                    heard = heard[-10:] + os.read(line, 1 << 16)
        finally:
            os.close(line)


def test_standard_input_and_output_are_a_link_too(native_program: Path) -> None:
    done = subprocess.run(
        [native_program, "--stdio", "--seconds", "60"], input=b"models\nreset\n", stdout=subprocess.PIPE, timeout=60
    )
    assert done.returncode == 0
    boot = b"\x00boot board=native protocol=2 "  # the delimiter ends what a reset may have cut short
    assert done.stdout.startswith(boot + b"count=1 cause=power-on\nmodel index=0 ")
    assert done.stdout.endswith(b"ok count=5 selected=none\nok\n" + boot + b"count=2 cause=software\n")


def test_bad_arguments_get_a_line_of_usage(native_program: Path) -> None:
    for arguments in (["--nothing"], ["--seconds"], ["--seconds", "0"], ["--seconds", "soon"]):
        done = subprocess.run([native_program, *arguments], stderr=subprocess.PIPE, timeout=60)
        assert (done.returncode, done.stderr) == (2, b"usage: board [--stdio] [--seconds N]\n")


@pytest.mark.parametrize(
    ("model_name", "expected"),
    [
        ("Intel(R) Xeon(R) CPU E5-2673 v4 @ 2.30GHz", "Intel Xeon E5-2673 v4"),
        ("11th Gen Intel(R) Core(TM) i7-1185G7 @ 3.00GHz", "11th Gen Intel Core i7-1185G7"),
        ("AMD Ryzen 9 5950X 16-Core Processor            ", "AMD Ryzen 9 5950X"),
        ("AMD EPYC", "AMD EPYC"),
        ("x" * 80, "x" * 63),
        ("CPU @ 3.00GHz", platform.machine()),
        (None, platform.machine()),
    ],
)
def test_the_processor_is_called_by_its_name(tmp_path: Path, model_name: str | None, expected: str) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\n" + (f"model name\t: {model_name}\n" if model_name else ""))
    source = (FIRMWARE / "native" / "cpu.c").read_text().replace("/proc/cpuinfo", str(cpuinfo))
    (tmp_path / "cpu.c").write_text(source + "int main(void) { return puts(cpu_name()) < 0; }\n")
    program = tmp_path / "cpu"
    options = ("-std=c11", "-D_GNU_SOURCE", "-fsanitize=address,undefined", f"-I{FIRMWARE / 'native'}")
    run_tool("gcc", *WARNINGS, *options, tmp_path / "cpu.c", "-o", program)
    assert run_tool(program).strip() == expected
