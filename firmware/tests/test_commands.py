"""Every text command and error code, over a real pty, on the core built with AddressSanitizer and UBSan."""

from __future__ import annotations

import platform
import re
import zlib
from pathlib import Path

import pytest
import wire_reference as wire
from core_boards import PtyBoard

ECHO_ZEROS_OUTPUT = bytes([1, 1, 1, 1])  # what the test engine's `echo` makes of eight zeros
USAGE_CLOCK = "clock <name> [<option>=0|1 ...] [overclock=1]"


def kinds(answers: list[wire.Answer]) -> list[str]:
    return [answer.kind for answer in answers]


def processor() -> str:
    """Return what this PC's processor is called, without marks, its nominal rate and words that every name has."""
    found = re.search(r"^model name\s*:(.*)", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    if not found:
        return platform.machine()
    name = re.sub(r"\(\S*|@.*|\b(CPU|Processor|\S+-Core)(?!\S)", "", found[1])
    return " ".join(name.split())


def samples(answers: list[wire.Answer]) -> list[int]:
    lines = [wire.words(answer) for answer in answers if answer.kind == "cycles"]
    assert [int(line["first"]) for line in lines] == list(range(0, 8 * len(lines), 8))
    return [int(value) for line in lines for value in line["values"].split(",")]


def test_boot_line_comes_first_and_has_no_trailer(native_program: Path) -> None:
    with PtyBoard(native_program) as board:
        assert board.next() == wire.Answer("boot board=native protocol=2 count=1 cause=power-on", None)


def test_help_names_every_command_once(pty_board: PtyBoard) -> None:
    answers = pty_board.ask("help")
    assert answers[-1].text == "ok"
    assert [wire.words(answer)["name"] for answer in answers[:-1]] == [
        "help", "info", "models", "model", "clocks", "clock", "mark", "baud", "tick", "run", "layers", "reset"
    ]  # fmt: skip
    assert all(wire.words(answer)["usage"].startswith(wire.words(answer)["name"]) for answer in answers[:-1])


def test_info_has_the_words_of_the_specification_in_order(pty_board: PtyBoard) -> None:
    answers = pty_board.ask("info")
    assert [[answer.kind, *wire.words(answer)] for answer in answers] == [
        ["board", "name", "core", "uid", "port_version", "counts_time"],
        ["build", "id", "toolchain", "flags"],
        ["engine", "name", "version", "kernels"],
        ["link", "window", "frame", "hold", "grain", "baud", "noise", "crc_errors", "overruns"],
        ["memory", "rx_ring_bytes", "stack_bytes", "stack_used_bytes"],
        ["boot", "count", "cause", "mark"],
        ["ok", "protocol"],
    ]  # fmt: skip


def test_info_tells_who_the_board_is(pty_board: PtyBoard) -> None:
    board, build, engine, link, memory, boot, _ = (wire.words(answer) for answer in pty_board.ask("info"))
    assert board.pop("core") == processor()
    assert re.fullmatch(b"pc[0-9a-f]{6}", bytes.fromhex(board.pop("uid")))
    assert board == {"name": "native", "port_version": "3", "counts_time": "1"}
    assert re.fullmatch("[0-9a-f]{16}", build["id"])
    assert "-fsanitize=address" in build["flags"].split()
    assert engine["kernels"] == "reference kernels"
    assert int(link["frame"]) == wire.DATA_BYTES_MAX < int(link["window"]) < int(memory["rx_ring_bytes"])
    assert 0 < int(memory["stack_used_bytes"]) < int(memory["stack_bytes"])
    assert boot == {"count": "1", "cause": "power-on", "mark": "0"}


def test_models_lists_all_and_says_which_is_selected(pty_board: PtyBoard) -> None:
    answers = pty_board.ask("models")
    assert kinds(answers) == ["model"] * 5 + ["ok"]
    assert answers[0].text == (
        f"model index=0 name=echo sha256={'0' * 64} input_bytes=8 input_type=uint8 output_bytes=4 output_type=uint8"
        " arena_bytes=12 flash_bytes=100 layers=2"
    )
    assert [wire.words(answer)["input_type"] for answer in answers[:3]] == ["uint8", "int8", "int32"]
    assert [wire.words(answer)["output_type"] for answer in answers[:3]] == ["uint8", "int16", "float32"]
    assert answers[-1].text == "ok count=5 selected=none"
    pty_board.ask("model big")
    assert pty_board.ask_final("models").text == "ok count=5 selected=1"


def test_model_by_name_and_by_index(pty_board: PtyBoard) -> None:
    by_name = pty_board.ask_final("model big")
    assert by_name.text.startswith("ok index=1 name=big sha256=1111")
    assert pty_board.ask_final("model 1") == by_name


def test_model_that_cannot_be_opened_leaves_none_selected(pty_board: PtyBoard) -> None:
    pty_board.ask("model echo")
    assert pty_board.ask_final("model broken").text == "error engine status=-1"
    assert pty_board.ask_final("models").text == "ok count=5 selected=none"
    assert pty_board.ask_final("run 1").text == "error no-model"


def test_model_with_too_much_output_is_refused_and_changes_nothing(pty_board: PtyBoard) -> None:
    pty_board.ask("model echo")
    answer = pty_board.ask_final("model wide")
    assert answer.text.startswith("error refused reason=")
    assert wire.words(answer)["reason"] == "output too large"
    assert pty_board.ask_final("models").text == "ok count=5 selected=0"


@pytest.mark.parametrize("command", ["run 1", "layers"])
def test_no_model(pty_board: PtyBoard, command: str) -> None:
    assert pty_board.ask_final(command).text == "error no-model"


def test_clocks_lists_settings_and_options(pty_board: PtyBoard) -> None:
    assert [answer.text for answer in pty_board.ask("clocks")] == [
        "clock name=1000 hz=1000000000 overclock=0 sleep=1 source=monotonic",
        "clock name=100 hz=100000000 overclock=0 sleep=1 source=monotonic",
        "clock name=2000 hz=2000000000 overclock=1 sleep=1 source=monotonic",
        "option name=sleep",
        "ok count=3 selected=1000",
    ]


def test_clock_sets_what_it_answers(pty_board: PtyBoard) -> None:
    assert pty_board.ask_final("clock 100 sleep=0").text == "ok name=100 hz=100000000 sleep=0 source=monotonic"
    assert pty_board.ask_final("clocks").text == "ok count=3 selected=100"
    assert wire.words(pty_board.ask_final("tick"))["hz"] == "100000000"


def test_overclocked_setting_needs_its_word(pty_board: PtyBoard) -> None:
    assert pty_board.ask_final("clock 2000").text == "error refused reason=overclocked:%20add%20overclock=1"
    assert pty_board.ask_final("clock 2000 overclock=0").kind == "error"
    assert pty_board.ask_final("clocks").text == "ok count=3 selected=1000"
    assert pty_board.ask_final("clock 2000 overclock=1").text.startswith("ok name=2000 hz=2000000000")


def test_tick_counts_on(pty_board: PtyBoard) -> None:
    first, second = (int(wire.words(pty_board.ask_final("tick"))["cycles"]) for _ in range(2))
    assert (second - first) % 2**32 > 0


@pytest.mark.parametrize("count", [1, 8, 9, 1000])
def test_run_gives_every_sample(pty_board: PtyBoard, count: int) -> None:
    pty_board.ask("model echo")
    answers = pty_board.ask(f"run {count}")
    assert len(samples(answers)) == count
    assert all(sample > 0 for sample in samples(answers))
    final = wire.words(answers[-1])
    assert final.pop("overhead_cycles").isdigit()
    assert final == {
        "n": str(count), "model": "echo", "cold": "0", "stable": "1",
        "input_crc32": f"{zlib.crc32(bytes(8)):08x}", "output_crc32": f"{zlib.crc32(ECHO_ZEROS_OUTPUT):08x}",
    }  # fmt: skip


def test_run_cold_says_so(pty_board: PtyBoard) -> None:
    pty_board.ask("model echo")
    assert wire.words(pty_board.ask_final("run 2 cold=1"))["cold"] == "1"
    assert wire.words(pty_board.ask_final("run 2 cold=0"))["cold"] == "0"


def test_run_tells_when_outputs_differ(pty_board: PtyBoard) -> None:
    pty_board.ask("model echo")
    pty_board.send(wire.data_frame(0, b"\xdd" + bytes(7)))
    assert pty_board.next_frame().kind == wire.RESULT
    assert wire.words(pty_board.ask_final("run 3"))["stable"] == "0"  # one output, then twice another
    assert wire.words(pty_board.ask_final("run 3"))["stable"] == "1"


@pytest.mark.parametrize("command", ["run 3", "layers"])
def test_engine_error_is_answered(pty_board: PtyBoard, command: str) -> None:
    pty_board.ask("model echo")
    pty_board.send(wire.data_frame(0, b"\xee" + bytes(7)))
    assert pty_board.next_frame().kind == wire.RESULT
    assert [answer.text for answer in pty_board.ask(command)] == ["error engine status=-2"]


def test_layers_add_up_to_no_more_than_the_window(pty_board: PtyBoard) -> None:
    pty_board.ask("model big")
    *layers, final = pty_board.ask("layers")
    assert [wire.words(layer)["op"] for layer in layers] == ["ADD", "CONV_2D", "RESHAPE"]
    assert [wire.words(layer)["index"] for layer in layers] == ["0", "1", "2"]
    facts = wire.words(final)
    assert facts["layers"] == "3"
    assert sum(int(wire.words(layer)["cycles"]) for layer in layers) == int(facts["sum_cycles"])
    assert 0 < int(facts["sum_cycles"]) <= int(facts["window_cycles"])
    assert facts["output_crc32"] == f"{zlib.crc32(bytes(600)):08x}"


def test_more_layers_than_memory_is_refused(pty_board: PtyBoard) -> None:
    pty_board.ask("model deep")
    assert pty_board.ask_final("layers").text.startswith("error refused reason=too%20many%20layers")


@pytest.mark.parametrize("mark", [1, 2**32 - 1, 0])
def test_mark_is_kept(pty_board: PtyBoard, mark: int) -> None:
    assert pty_board.ask_final(f"mark {mark}").text == f"ok mark={mark}"
    assert wire.words(pty_board.ask("info")[-2])["mark"] == str(mark)


def test_mark_that_is_none_changes_nothing(pty_board: PtyBoard) -> None:
    pty_board.ask("mark 7")
    pty_board.ask("mark 8x")
    pty_board.ask("mark")
    assert wire.words(pty_board.ask("info")[-2])["mark"] == "7"


def test_line_without_a_rate_refuses_another(pty_board: PtyBoard) -> None:
    assert pty_board.ask_final("baud 115200").text.startswith("error refused reason=")


def test_reset_starts_anew(pty_board: PtyBoard) -> None:
    pty_board.ask("model echo")
    pty_board.ask("clock 100")
    pty_board.ask("mark 7")
    assert pty_board.ask_final("reset").text == "ok"
    assert pty_board.next() == wire.Answer("boot board=native protocol=2 count=2 cause=software", None)
    assert pty_board.ask_final("models").text == "ok count=5 selected=none"
    assert pty_board.ask_final("clocks").text == "ok count=3 selected=1000"
    assert pty_board.ask("info")[-2].text == "boot count=2 cause=software mark=0"


@pytest.mark.parametrize(
    ("command", "word", "usage"),
    [
        ("model", "", "model <index|name> [arena=<bytes>]"),
        ("model nothing", "nothing", "model <index|name> [arena=<bytes>]"),
        ("model 5", "5", "model <index|name> [arena=<bytes>]"),
        ("model 4294967296", "4294967296", "model <index|name> [arena=<bytes>]"),
        ("model -1", "-1", "model <index|name> [arena=<bytes>]"),
        ("model echo twice", "twice", "model <index|name> [arena=<bytes>]"),
        ("model echo arena=0", "arena=0", "model <index|name> [arena=<bytes>]"),
        ("model echo arena=1k", "arena=1k", "model <index|name> [arena=<bytes>]"),
        ("model echo arena=20 20", "20", "model <index|name> [arena=<bytes>]"),
        ("clock", "", USAGE_CLOCK),
        ("clock 17", "17", USAGE_CLOCK),
        ("clock 100 sleep=2", "sleep=2", USAGE_CLOCK),
        ("clock 100 sleep", "sleep", USAGE_CLOCK),
        ("clock 100 icache=1", "icache=1", USAGE_CLOCK),
        ("clock 100 overclock=yes", "overclock=yes", USAGE_CLOCK),
        ("clock 100" + " sleep=1" * 20, "sleep=1" + " sleep=1" * 6, USAGE_CLOCK),
        ("run", "", "run <n> [cold=1]"),
        ("run 0", "0", "run <n> [cold=1]"),
        ("run 1001", "1001", "run <n> [cold=1]"),
        ("run 99999999999999999999", "99999999999999999999", "run <n> [cold=1]"),
        ("run 1x", "1x", "run <n> [cold=1]"),
        ("run 10%", "10%", "run <n> [cold=1]"),
        ("run 1 warm=1", "warm=1", "run <n> [cold=1]"),
        ("run 1 cold=1 cold=1", "cold=1", "run <n> [cold=1]"),
        ("info please", "please", "info"),
        ("mark", "", "mark <n>"),
        ("mark 4294967296", "4294967296", "mark <n>"),
        ("mark -1", "-1", "mark <n>"),
        ("mark 1 2", "2", "mark <n>"),
        ("baud", "", "baud <rate>"),
        ("baud fast", "fast", "baud <rate>"),
        ("baud 115200 8N1", "8N1", "baud <rate>"),
        ("tick 1", "1", "tick"),
        ("reset now", "now", "reset"),
    ],
)
def test_bad_argument_names_the_word(pty_board: PtyBoard, command: str, word: str, usage: str) -> None:
    answers = pty_board.ask(command)
    assert kinds(answers) == ["error"]
    assert answers[0].text.startswith("error bad-argument word=")
    assert wire.words(answers[0]) == {"word": word, "usage": usage}


@pytest.mark.parametrize("verb", ["nothing", "INFO", "inf", "infos", "#", "ok", "error", "%20"])
def test_unknown_command(pty_board: PtyBoard, verb: str) -> None:
    answer = pty_board.ask_final(verb)
    assert answer.text.startswith("error unknown-command")
    assert wire.words(answer) == {"word": verb}


def test_spaces_and_line_ends_do_not_matter(pty_board: PtyBoard) -> None:
    assert pty_board.ask_final("  model   echo  ").kind == "ok"
    assert pty_board.ask_final("models\r").text == "ok count=5 selected=0"


def test_empty_lines_and_noise_get_no_answer(pty_board: PtyBoard) -> None:
    pty_board.send(b"\n   \n\r\n\tinfo\ninfo\x80\n\xffrun\nin\rfo\n\x1b[A\n" + b"\x80" * 400 + b"\n")
    link = wire.words(pty_board.ask("info")[3])
    assert link["noise"] == "6"


def test_longest_line_is_a_command_and_one_byte_more_is_too_long(pty_board: PtyBoard) -> None:
    word = "x" * (255 - len("model "))
    assert wire.words(pty_board.ask_final("model " + word))["word"] == word
    assert pty_board.ask_final("model " + word + "\r").text.startswith("error bad-argument")
    assert pty_board.ask_final("model " + word + "x").text == "error too-long"
    assert pty_board.ask_final("y" * 5000).text == "error too-long"
    assert pty_board.ask_final("tick").kind == "ok"


# ---- trailers ----


@pytest.mark.parametrize("seq", [0, 7, 65535])
@pytest.mark.parametrize("command", ["info", "clocks", "clock 2000", "run 1", "nothing", "run x"])
def test_every_line_of_the_answer_has_the_seq_of_the_command(pty_board: PtyBoard, command: str, seq: int) -> None:
    answers = pty_board.ask(wire.with_trailer(command, seq))
    assert [answer.seq for answer in answers] == [seq] * len(answers)
    assert [answer.seq for answer in pty_board.ask(command)] == [None] * len(answers)


@pytest.mark.parametrize(
    "line",
    [
        "reset #7:00000000",
        "reset #7:" + "0" * 7,
        "reset #7:" + "0" * 9,
        "reset #",
        "reset #7",
        "reset #7:",
        "reset #:",
        wire.with_trailer("reset", 7).upper().replace("RESET", "reset"),
        wire.with_trailer("reset", 65536),
        wire.with_trailer("reset", -1),
        wire.with_trailer("reset", 7).replace("reset", "resat"),
        wire.with_trailer("reset", 7).replace("#7", "#8"),
    ],
)
def test_wrong_trailer_is_answered_without_trailer_and_not_carried_out(pty_board: PtyBoard, line: str) -> None:
    assert pty_board.ask(line) == [wire.Answer("error crc", None)]
    assert pty_board.ask_final("tick").kind == "ok"


def test_trailer_covers_the_spaces_of_the_line(pty_board: PtyBoard) -> None:
    assert pty_board.ask_final(wire.with_trailer("  tick  ", 9)).seq == 9


def test_trailer_alone_is_an_unknown_command(pty_board: PtyBoard) -> None:
    assert pty_board.ask_final(wire.with_trailer(" ", 9)) == wire.Answer("error unknown-command word=", 9)
