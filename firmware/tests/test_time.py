"""The rules that name milliseconds, and hardware that fails, with a clock that the test moves."""

from __future__ import annotations

import pytest
import wire_reference as wire
from core_boards import FakeBoard, Message

HZ = 216_000_000
MS = HZ // 1000
BROKEN_FRAME = b"\x00\x01abc"
VECTOR = bytes(range(8))


def kinds(messages: list[Message]) -> list[str | int]:
    return [message.kind for message in messages]


def wait(board: FakeBoard, span_ms: float) -> list[Message]:
    """Let the line be silent for `span_ms`, polled every millisecond."""
    board.poll()
    for _ in range(int(span_ms)):
        board.cycles += MS
        board.poll()
    return board.take()


@pytest.mark.parametrize("start", [BROKEN_FRAME, b"\x00"])
@pytest.mark.parametrize("cycles", [0, 2**32 - 100 * MS])
def test_after_250_ms_of_silence_a_person_may_type(fake_board: FakeBoard, start: bytes, cycles: int) -> None:
    fake_board.cycles = cycles  # the second time the counter wraps meanwhile
    fake_board.handle(start)
    assert wait(fake_board, 251) == []
    assert kinds(fake_board.handle(b"tick\n")) == ["ok"]


@pytest.mark.parametrize("cycles", [0, 2**32 - 100 * MS])
def test_before_250_ms_a_frame_goes_on(fake_board: FakeBoard, cycles: int) -> None:
    data = wire.frame(wire.POLL)
    fake_board.cycles = cycles
    assert fake_board.handle(data[:5]) == []
    assert wait(fake_board, 248) == []
    assert kinds(fake_board.handle(data[5:])) == [wire.ACK]


def test_a_person_may_type_slowly(fake_board: FakeBoard) -> None:
    assert fake_board.handle(b"ti") == []
    assert wait(fake_board, 5000) == []
    assert kinds(fake_board.handle(b"ck\n")) == ["ok"]


def test_silence_is_counted_from_the_end_of_what_was_handled(fake_board: FakeBoard) -> None:
    """Bytes that wait in the ring during a long inference have been heard."""
    data = wire.frame(wire.POLL)
    fake_board.handle(data[:5])
    fake_board.cycles += 1000 * MS
    assert kinds(fake_board.handle(data[5:])) == [wire.ACK]


def test_the_rule_follows_the_cpu_clock(fake_board: FakeBoard) -> None:
    fake_board.handle(b"clock 16\n")
    fake_board.handle(BROKEN_FRAME)
    fake_board.poll()
    fake_board.cycles += 16_000 * 251
    fake_board.poll()
    assert kinds(fake_board.handle(b"tick\n")) == ["ok"]


def test_results_wait_for_more_while_bytes_come(fake_board: FakeBoard) -> None:
    assert fake_board.handle(wire.data_frame(0, VECTOR)) == []
    fake_board.cycles += 499 * MS
    assert fake_board.handle(b"\x00") == []
    fake_board.cycles += 2 * MS
    (message,) = fake_board.handle(b"\x00")
    assert message.kind == wire.RESULT


def test_results_of_slow_inferences_do_not_wait_for_the_end_of_their_frame(fake_board: FakeBoard) -> None:
    fake_board.cycles_per_reading = 100 * MS  # the counter is read three times per vector
    messages = fake_board.handle(wire.data_frame(0, VECTOR * 9))
    results = [wire.parse_result(message.payload, 4) for message in messages if isinstance(message, wire.Frame)]
    assert [len(result.items) for result in results] == [3, 3, 3]


def test_results_go_when_nothing_more_has_come(fake_board: FakeBoard) -> None:
    assert fake_board.handle(wire.data_frame(0, VECTOR)) == []
    fake_board.cycles += 4 * MS
    fake_board.poll()
    assert fake_board.take() == []
    fake_board.cycles += 2 * MS
    fake_board.poll()
    assert kinds(fake_board.take()) == [wire.RESULT]


@pytest.mark.parametrize("request_frame", [wire.frame(wire.POLL), wire.seek_frame(8)])
def test_results_go_before_an_acknowledgement_that_was_asked_for(fake_board: FakeBoard, request_frame: bytes) -> None:
    assert kinds(fake_board.handle(wire.data_frame(0, VECTOR) + request_frame)) == [wire.RESULT, wire.ACK]


def test_results_go_before_the_answer_to_a_command(fake_board: FakeBoard) -> None:
    assert kinds(fake_board.handle(wire.data_frame(0, VECTOR) + b"tick\n")) == [wire.RESULT, "ok"]


# ---- hardware that fails ----


@pytest.mark.parametrize("command", ["run 3", "layers"])
def test_counter_that_stands_still_is_an_error(fake_board: FakeBoard, command: str) -> None:
    fake_board.cycles_per_reading = 0
    assert [answer.text for answer in fake_board.ask(command)] == ["error counter-stuck"]


def test_counter_that_stands_still_leaves_the_result_without_cycles(fake_board: FakeBoard) -> None:
    fake_board.cycles_per_reading = 0
    (message,) = fake_board.exchange(wire.data_frame(0, VECTOR))
    assert isinstance(message, wire.Frame)
    (item,) = wire.parse_result(message.payload, 4).items
    assert (item.status, item.cycles) == (0, 0)
    assert item.output == bytes((VECTOR[i] + 2 * VECTOR[i + 4] + 1) % 256 for i in range(4))


def test_the_cost_of_reading_is_subtracted(fake_board: FakeBoard) -> None:
    """With a counter that moves 10 per reading, a window without work is 10 long: no sample is left."""
    assert fake_board.ask_final("run 1").text == "error counter-stuck"
    fake_board.cycles_per_reading = 1  # the overhead that was measured stays 10
    assert fake_board.ask_final("run 1").text == "error counter-stuck"
    fake_board.cycles_per_reading = 17
    samples, final = (wire.words(answer) for answer in fake_board.ask("run 2"))
    assert samples["values"] == "7,7"
    assert final["overhead_cycles"] == "10"


def test_the_cost_of_reading_is_measured_again_after_a_change_of_clock(fake_board: FakeBoard) -> None:
    fake_board.cycles_per_reading = 6
    fake_board.ask("clock 16")
    fake_board.cycles_per_reading = 10
    assert wire.words(fake_board.ask_final("run 1"))["overhead_cycles"] == "6"


def test_a_window_over_the_wrap_of_the_counter(fake_board: FakeBoard) -> None:
    fake_board.ask("clock 216")
    fake_board.cycles_per_reading = 2**31
    assert wire.words(fake_board.ask("run 1")[0])["values"] == str(2**31 - 10)


def test_clock_that_fails_is_back_on_the_boot_clock(fake_board: FakeBoard) -> None:
    fake_board.ask("clock 16")
    fake_board.clock_status = -2
    assert fake_board.ask_final("clock 16").text == "error clock-failed reason=a%20ready%20flag%20did%20not%20come"
    fake_board.clock_status = 0
    assert fake_board.ask_final("clocks").text == "ok count=3 selected=216"
    assert wire.words(fake_board.ask_final("tick"))["hz"] == str(HZ)


def test_options_that_do_not_go_together_are_refused(fake_board: FakeBoard) -> None:
    fake_board.clock_status = -3
    assert fake_board.ask_final("clock 16 dcache=1").text.startswith("error refused reason=")
    fake_board.clock_status = 0
    assert fake_board.ask_final("clocks").text == "ok count=3 selected=216"


def test_options_are_set_over_the_defaults_of_the_setting(fake_board: FakeBoard) -> None:
    assert fake_board.ask_final("clock 16").text == "ok name=16 hz=16000000 icache=1 dcache=0"
    assert fake_board.ask_final("clock 216 icache=0").text == "ok name=216 hz=216000000 icache=0 dcache=1 wait_states=7"
    lines = [answer.text for answer in fake_board.ask("clocks")]
    assert lines[:2] == [
        "clock name=216 hz=216000000 overclock=0 icache=1 dcache=1 wait_states=7",
        "clock name=16 hz=16000000 overclock=0 icache=1 dcache=0",
    ]


def test_caches_are_flushed_before_each_cold_inference_only(fake_board: FakeBoard) -> None:
    fake_board.cycles_per_reading = 17
    flushes = fake_board.variable("fake_cache_flushes")
    before = flushes.value
    fake_board.ask("run 5")
    assert flushes.value == before
    fake_board.ask("run 5 cold=1")
    assert flushes.value == before + 5


@pytest.mark.parametrize("command", ["run 20", "run 20 cold=1", "layers"])
def test_nothing_moves_on_the_wire_in_the_timed_window(fake_board: FakeBoard, command: str) -> None:
    fake_board.cycles_per_reading = 17
    busy = fake_board.variable("fake_busy_windows")
    before = busy.value
    assert fake_board.ask_final(command).kind == "ok"
    assert busy.value == before


def test_stack_use_is_read_from_the_paint(fake_board: FakeBoard) -> None:
    memory = wire.words(fake_board.ask("info")[4])
    assert (memory["stack_bytes"], memory["stack_used_bytes"]) == ("256", "64")


def test_flash_parts_add_up(fake_board: FakeBoard) -> None:
    memory = wire.words(fake_board.ask("info")[4])
    assert memory["flash_harness_bytes"] == str(10000 - 1000 - 300)


def test_reset_command_resets_once(fake_board: FakeBoard) -> None:
    resets = fake_board.variable("fake_resets")
    before = resets.value
    assert kinds(fake_board.handle(b"reset\n")) == ["ok", "boot"]
    assert resets.value == before + 1


def test_no_frame_is_cut_short_by_an_inference(fake_board: FakeBoard) -> None:
    """A host gives a frame up after 250 ms without more of it, and an inference may take longer."""
    cutting = fake_board.variable("fake_cutting_windows")
    cutting.value = 0
    fake_board.ask("model echo")
    fake_board.exchange(wire.data_frame(0, bytes(8 * 200)))
    assert fake_board.variable("fake_busy_windows").value > 0
    assert cutting.value == 0
