"""The commands against the real core, built for the PC."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from faulty_line import by_line
from talking_pty import talking_pty

from mcubench.deadline import Deadline
from mcubench.errors import BoardError, DeadlineError, LinkError, ProtocolError
from mcubench.link import Link
from mcubench.protocol import Board
from mcubench.protocol.text import add_trailer, split_trailer


def test_info_says_who_the_board_is(echo_board: Board) -> None:
    info = echo_board.info()
    assert (info.protocol, info.board, info.engine) == (2, "native", "test")
    assert info.core
    assert info.kernels == "reference kernels"
    assert "-std=c11" in info.flags.split()
    assert info.timing == "measured"
    assert info.counts_time
    assert info.stack_used_bytes
    assert info.flash_image_bytes is None  # a PC has no flash
    assert info.flash_harness_bytes is None


def test_models_are_listed_and_selected(echo_board: Board) -> None:
    models = echo_board.models()
    assert [model.name for model in models] == ["echo", "big", "broken", "wide", "deep"]
    assert echo_board.select("echo") == models[0]
    assert (models[1].input_bytes, models[1].output_type) == (20000, "int16")


def test_a_model_opens_only_with_an_arena_that_it_fits(echo_board: Board) -> None:
    assert echo_board.select("echo", arena_bytes=12).arena_bytes == 12
    for arena_bytes in (11, 1 << 30):
        with pytest.raises(BoardError, match="engine"):
            echo_board.select("echo", arena_bytes=arena_bytes)


def test_clocks_are_listed_and_set(echo_board: Board) -> None:
    table = echo_board.clocks()
    assert [setting.name for setting in table.settings] == ["1000", "100", "2000"]
    assert [setting.overclock for setting in table.settings] == [False, False, True]
    assert table.options == ("sleep",)
    state = echo_board.set_clock("100", {"sleep": False})
    assert (state.name, state.hz, state.settings["sleep"]) == ("100", 100_000_000, "0")
    assert echo_board.clocks().selected == "100"
    assert echo_board.tick().hz == 100_000_000


def test_an_overclocked_setting_must_be_asked_for(echo_board: Board) -> None:
    with pytest.raises(BoardError, match="refused") as caught:
        echo_board.set_clock("2000")
    assert caught.value.code == "refused"
    assert echo_board.set_clock("2000", overclock=True).hz == 2_000_000_000


@pytest.mark.parametrize("count", [1, 8, 9, 200])
def test_run_returns_every_sample(echo_board: Board, count: int) -> None:
    echo_board.select("echo")
    run = echo_board.run(count)
    assert len(run.cycles) == count
    assert min(run.cycles) > 0
    assert (run.model, run.cold, run.stable) == ("echo", False, True)
    assert echo_board.run(2, cold=True).cold


def test_layers_add_up(echo_board: Board) -> None:
    echo_board.select("big")
    layers = echo_board.layers()
    assert [layer.op for layer in layers.layers] == ["ADD", "CONV_2D", "RESHAPE"]
    assert sum(layer.cycles for layer in layers.layers) == layers.sum_cycles
    assert layers.unexplained_cycles == layers.window_cycles - layers.sum_cycles


def test_errors_carry_code_and_words(echo_board: Board) -> None:
    with pytest.raises(BoardError) as caught:
        echo_board.run(5)
    assert (caught.value.code, caught.value.command) == ("no-model", "run 5")
    with pytest.raises(BoardError) as caught:
        echo_board.select("nosuch")
    assert (caught.value.code, caught.value.details["word"]) == ("bad-argument", "nosuch")
    with pytest.raises(BoardError) as caught:
        echo_board.select("broken")
    assert caught.value.details["status"] == "-1"


def test_reset_comes_back_with_the_board_as_after_power_on(echo_board: Board) -> None:
    echo_board.select("echo")
    assert echo_board.reset().boot_cause == "software"
    with pytest.raises(BoardError, match="no-model"):
        echo_board.run(1)


def test_hello_works_whatever_the_board_was_in_the_middle_of(echo_port: str) -> None:
    with Link(echo_port) as link:
        link.write(b"half a command", Deadline.after(1))
        assert Board(link).connect().board == "native"
        link.write(b"\0\1half a frame", Deadline.after(1))
        assert Board(link).connect().board == "native"


def test_a_silent_port_is_a_deadline_error_that_names_it() -> None:
    with (
        talking_pty(b"") as port,
        Link(port) as link,
        pytest.raises(DeadlineError, match="nothing was received") as caught,
    ):
        Board(link).connect(0.3)
    assert caught.value.port == port
    assert "hello" in caught.value.doing


def test_a_port_that_takes_nothing_is_given_up_when_hello_is() -> None:
    master, slave = os.openpty()
    try:
        with Link(os.ttyname(slave)) as link:
            with pytest.raises(DeadlineError):
                link.write(bytes(1 << 20), Deadline.after(0.1))
            deadline = Deadline.after(5)
            with pytest.raises(DeadlineError, match="the port takes no more"):
                Board(link).connect(0.3)
            assert not deadline.expired
    finally:
        os.close(master)
        os.close(slave)


def test_a_known_board_that_falls_silent_is_not_called_something_else(open_line: Callable[..., Board]) -> None:
    mute = False
    board = open_line(to_host=lambda data: b"" if mute else data)
    board.connect()
    mute = True
    with pytest.raises(DeadlineError, match=r"no answer within 0\.3 s while saying hello"):
        board.connect(0.30001)


@pytest.mark.parametrize(
    "garbage",
    [b"\x80\xfe\x00\x01\x07" * 50, b"login: ", b"ok\nok\n" * 20, b"x" * 200_000, b"\0\1" + b"y" * 3000],
    ids=["noise", "prompt", "answers without trailer", "endless line", "endless frame"],
)
def test_a_port_that_talks_garbage_is_a_protocol_error_of_one_line(garbage: bytes) -> None:
    with talking_pty(garbage) as port, Link(port) as link, pytest.raises(ProtocolError, match=port) as caught:
        Board(link).connect(0.5)
    assert "\n" not in str(caught.value)


def test_a_board_of_another_protocol_version_is_refused(open_line: Callable[..., Board]) -> None:
    def newer(line: str) -> bytes:
        text, seq = split_trailer(line) or (line, 0)
        return add_trailer(text.replace("ok protocol=2", "ok protocol=3"), seq).encode() + b"\n"

    with pytest.raises(ProtocolError, match="protocol 3"):
        open_line(to_host=by_line(newer)).connect()


def test_a_board_that_is_killed_is_a_link_error(echo_program: Path) -> None:
    process = subprocess.Popen([echo_program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process, Link(process.stdout.readline().split()[1]) as link:
        board = Board(link)
        board.connect()
        process.kill()
        process.wait()
        with pytest.raises(LinkError, match="went away"):
            for _ in range(1000):  # the core is a child of what was killed and goes a moment later
                board.tick()
