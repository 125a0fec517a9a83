"""Fault options: what they accept, and what they do to a board."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from bench import Bench
from hypothesis import given
from hypothesis import strategies as st

from mcubench.errors import InputError
from mcubench.virtual.faults import BoardFaults, parse_fault

DATA = bytes(range(200))


def echoed(bench: Callable[..., Bench], *faults: str) -> tuple[bytes, bytes]:
    """Return what a board with `faults` sends by itself, and what it answers to 200 bytes."""
    board = bench("echo", faults=faults)
    board.run_for(0.01)
    hello = board.sent
    board.run_for(0.001)
    return hello, board.ask(DATA, len(DATA), seconds=0.05)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "drop:rate",
        "drop:rate=2",
        "drop:rate=-1",
        "drop:rate=x",
        "drop:rate=nan",
        "drop:to=nowhere",
        "silence:rate=0.5",
        "crystal:hsi_hz=0",
        "die:after=",
    ],
)
def test_bad_fault_is_refused_with_one_line(text: str) -> None:
    with pytest.raises(InputError) as failure:
        parse_fault(text)
    assert "\n" not in str(failure.value)


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz:=,.0123456789_- ", max_size=40))
def test_any_text_is_a_fault_or_an_input_error(text: str) -> None:
    try:
        fault = parse_fault(text)
    except InputError:
        return
    assert fault.name == text.partition(":")[0]


def test_silence_after_some_bytes(bench: Callable[..., Bench]) -> None:
    assert echoed(bench, "silence:after=106") == (b"ready\n", DATA[:100])


def test_garbage_has_the_length_but_not_the_contents(bench: Callable[..., Bench]) -> None:
    hello, answer = echoed(bench, "garbage:after=6")
    assert hello == b"ready\n"
    assert len(answer) == len(DATA)
    assert sum(a == b for a, b in zip(answer, DATA, strict=True)) < 10


def test_drop_loses_bytes(bench: Callable[..., Bench]) -> None:
    _, answer = echoed(bench, "drop:rate=0.1,to=board")
    rest = iter(DATA)
    assert 100 < len(answer) < len(DATA)
    assert all(byte in rest for byte in answer)  # a subsequence


def test_flip_changes_single_bits(bench: Callable[..., Bench]) -> None:
    _, answer = echoed(bench, "flip:rate=0.1,to=host")
    changed = [a ^ b for a, b in zip(answer, DATA, strict=True) if a != b]
    assert 5 < len(changed) < 50
    assert all(bits.bit_count() == 1 for bits in changed)


def test_double_repeats_bytes(bench: Callable[..., Bench]) -> None:
    board = bench("echo", faults=["double:rate=0.1,to=host"])
    board.run_for(0.01)
    answer = board.ask(DATA, 2 * len(DATA), seconds=0.05)
    assert len(DATA) < len(answer) < 1.3 * len(DATA)
    assert bytes(dict.fromkeys(answer)) == DATA


def test_same_seed_same_faults(bench: Callable[..., Bench]) -> None:
    first = echoed(bench, "flip:rate=0.2,seed=1")
    assert echoed(bench, "flip:rate=0.2,seed=1") == first
    assert echoed(bench, "flip:rate=0.2,seed=2") != first


def test_reset_comes_in_the_middle_of_an_answer(bench: Callable[..., Bench]) -> None:
    hello, answer = echoed(bench, "reset:after=56")
    assert hello == b"ready\n"
    assert answer.startswith(DATA[:50] + b"ready\n")


def test_reset_fault_is_a_pin_reset(bench: Callable[..., Bench]) -> None:
    board = bench("reset", faults=["reset:after=20"])
    board.run_for(0.05)
    lines = board.sent[20:].split(b"\n")
    assert lines[:2] == [b"04000000", b"00000002"]  # PINRSTF alone: firmware had cleared the others


def test_wrong_hsi_garbles_the_line(bench: Callable[..., Bench]) -> None:
    hello, _ = echoed(bench, "crystal:hsi_hz=14.5e6")
    assert hello
    assert hello != b"ready\n"


def test_slightly_wrong_hsi_does_not(bench: Callable[..., Bench]) -> None:
    hello, answer = echoed(bench, "crystal:hsi_hz=16.3e6")
    assert (hello, answer) == (b"ready\n", DATA)


def test_hang_after_inferences(bench: Callable[..., Bench], caplog: pytest.LogCaptureFixture) -> None:
    board = bench("windows", faults=["hang:after=2"])
    board.run_for(0.001)
    assert board.ask(b"1234", 8, seconds=0.05) == b"exe"
    (record,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert "the fault option hangs it" in record.getMessage()


def test_no_faults_touch_nothing() -> None:
    faults = BoardFaults()
    assert faults.to_host(DATA, 1e6) == faults.to_board(DATA, 1e6) == DATA
    assert faults.oscillator_hz("hse", 25e6) == 25e6
