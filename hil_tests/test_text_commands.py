"""Text commands as docs/protocol.md, section 2, has them: every command, its words, its errors."""

from __future__ import annotations

import re
import zlib

import pytest

from mcubench.pytest_plugin.wire import Wire

COMMANDS = {"help", "info", "models", "model", "clocks", "clock", "mark", "baud", "tick", "run", "layers", "reset"}
INFO_LINES = ["board", "build", "engine", "link", "memory", "boot", "ok"]
TYPES = {"int8", "uint8", "int16", "float32", "int32"}


def test_help_lists_every_command_with_its_usage(wire: Wire) -> None:
    lines = wire.ask("help").data("command")
    assert {line.words["name"] for line in lines} >= COMMANDS
    assert all(line.words["usage"].split()[0] == line.words["name"] for line in lines)


def test_info_has_its_lines_in_order(wire: Wire) -> None:
    lines = wire.ask("info").lines
    kinds = [line.split()[0] for line in lines]
    assert kinds in (INFO_LINES, [*INFO_LINES[:-1], "fault", "ok"])  # the last crash, if there was one
    assert lines[-1] == "ok protocol=2"


def test_info_tells_of_the_line(wire: Wire) -> None:
    link = wire.ask("info").data("link")[0].words
    numbers = {key: int(value) for key, value in link.items()}
    assert numbers.keys() - {"baud_max"} == {
        *("window", "frame", "hold", "grain", "baud", "noise", "crc_errors", "overruns")
    }
    assert numbers["frame"] < numbers["window"]
    assert numbers.get("baud_max", numbers["baud"]) >= numbers["baud"]


def test_info_says_how_the_image_was_built(wire: Wire) -> None:
    reply = wire.ask("info")
    build = reply.data("build")[0].words
    assert re.fullmatch(r"[0-9a-f]{8,64}", build["id"])
    assert build["toolchain"] != "unknown"
    assert re.fullmatch(r"([0-9a-f]{2}){4,16}", reply.data("board")[0].words["uid"])
    if build["toolchain"].startswith("cpython"):
        pytest.skip("how the engine in a Python package was compiled is not known")
    assert re.search(r"-O[23]\b", build["flags"])


def test_models_are_described_and_counted(wire: Wire) -> None:
    reply = wire.ask("models")
    models = reply.data("model")
    assert len(models) == int(reply.final.words["count"]) >= 1
    for index, model in enumerate(models):
        words = model.words
        assert int(words["index"]) == index
        assert re.fullmatch(r"[0-9a-f]{64}", words["sha256"])
        assert words["input_type"] in TYPES
        assert words["output_type"] in TYPES
        assert min(int(words[key]) for key in ("input_bytes", "output_bytes", "layers")) > 0
        assert int(words.get("arena_bytes", 1)) > 0  # left out by a board that does not know it yet


def test_model_can_be_chosen_by_name_and_by_index(wire: Wire) -> None:
    model = wire.ask("models").data("model")[0].words
    by_name, by_index = wire.ask(f"model {model['name']}"), wire.ask("model 0")
    assert by_name.final.words == by_index.final.words == model
    assert wire.ask("models").final.words["selected"] == "0"


def test_clocks_are_described_and_one_is_selected(wire: Wire) -> None:
    reply = wire.ask("clocks")
    clocks = {line.words["name"]: line.words for line in reply.data("clock")}
    assert len(clocks) == int(reply.final.words["count"])
    assert reply.final.words["selected"] in clocks
    assert all(int(words["hz"]) > 0 and words["overclock"] in "01" for words in clocks.values())


def test_clock_is_read_back_from_the_hardware(wire: Wire) -> None:
    table = wire.ask("clocks")
    options = [line.words["name"] for line in table.data("option")]
    for setting in table.data("clock"):
        if setting.words["overclock"] == "0":
            state = wire.ask(f"clock {setting.words['name']}").final
            assert state.kind == "ok", state
            assert {key: state.words[key] for key in ("name", "hz", *options)} == {
                key: setting.words[key] for key in ("name", "hz", *options)
            }


def test_clock_options_can_be_switched(wire: Wire) -> None:
    table = wire.ask("clocks")
    name = table.final.words["selected"]
    for option in [line.words["name"] for line in table.data("option")]:
        for value in "01":
            state = wire.ask(f"clock {name} {option}={value}").final
            assert state.kind == "error" or state.words[option] == value


def test_overclocked_settings_need_to_be_asked_for(wire: Wire) -> None:
    table = wire.ask("clocks")
    beyond = [line.words["name"] for line in table.data("clock") if line.words["overclock"] == "1"]
    if not beyond:
        pytest.skip("this board has no overclocked settings")
    for name in beyond:
        refused = wire.ask(f"clock {name}").final
        assert (refused.kind, refused.values[0]) == ("error", "refused")
        assert "overclock=1" in refused.words["reason"]
    assert wire.ask("clocks").final.words["selected"] == table.final.words["selected"]


def test_tick_advances_at_the_frequency_of_the_clock(wire: Wire, fastest: str) -> None:
    hz = wire.ask(f"clock {fastest}").final.words["hz"]
    first, second = wire.ask("tick").final.words, wire.ask("tick").final.words
    assert first["hz"] == second["hz"] == hz
    assert first["cycles"] != second["cycles"]


@pytest.mark.usefixtures("streaming")
@pytest.mark.parametrize("count", [1, 8, 9])
def test_run_gives_every_sample(wire: Wire, count: int) -> None:
    reply = wire.ask(f"run {count}")
    lines = reply.data("cycles")
    assert [int(line.words["first"]) for line in lines] == list(range(0, count, 8))
    values = [int(value) for line in lines for value in line.words["values"].split(",")]
    assert len(values) == count == int(reply.final.words["n"])
    assert min(values) > int(reply.final.words["overhead_cycles"])
    assert reply.final.words["stable"] == "1"


def test_run_uses_zeros_until_a_vector_came(wire: Wire, streaming) -> None:
    zeros = bytes(streaming.model.input_bytes)
    assert int(wire.ask("run 1").final.words["input_crc32"], 16) == zlib.crc32(zeros)


@pytest.mark.usefixtures("streaming")
def test_layers_add_up_to_no_more_than_the_window(wire: Wire) -> None:
    reply = wire.ask("layers")
    if reply.final.values[:1] == ("refused",):
        pytest.skip("the engine of this board cannot time its layers")
    layers = reply.data("layer")
    assert [int(line.words["index"]) for line in layers] == list(range(int(reply.final.words["layers"])))
    assert sum(int(line.words["cycles"]) for line in layers) == int(reply.final.words["sum_cycles"])
    assert int(reply.final.words["sum_cycles"]) <= int(reply.final.words["window_cycles"])
    assert reply.final.words["output_crc32"] == wire.ask("run 1").final.words["output_crc32"]


def test_mark_is_kept_until_a_reset(wire: Wire) -> None:
    assert wire.ask("mark 4294967295").lines == ("ok mark=4294967295",)
    assert wire.ask("info").data("boot")[0].words["mark"] == "4294967295"
    assert wire.ask("mark 7").final.words == {"mark": "7"}
    wire.ask("reset")
    wire.next_line("waiting for the board to boot")
    assert wire.ask("info").data("boot")[0].words["mark"] == "0"


@pytest.mark.parametrize("rate", [7, 4_294_967_295])
def test_rate_that_no_uart_has_is_refused(wire: Wire, rate: int) -> None:
    before = wire.ask("info").data("link")[0].words["baud"]
    final = wire.ask(f"baud {rate}").final
    assert (final.kind, final.values[0]) == ("error", "refused")
    assert wire.ask("info").data("link")[0].words["baud"] == before


def test_reset_answers_and_then_boots_without_a_model(wire: Wire) -> None:
    count = int(wire.ask("info").data("boot")[0].words["count"]) + 1
    assert wire.ask("reset").lines == ("ok",)
    line = wire.next_line("waiting for the board to boot")
    assert re.fullmatch(rf"boot board=\S+ protocol=2 count={count} cause=software", line)
    boot = wire.ask("info").data("boot")[0].words
    assert (boot["cause"], boot["count"]) == ("software", str(count))
    assert wire.ask("models").final.words["selected"] == "none"
    for command in ("run 1", "layers"):
        assert wire.ask(command).lines == ("error no-model",)


@pytest.mark.parametrize(
    "command",
    [
        "model",
        "model none-such",
        "model 999",
        "clock",
        "clock none-such",
        "run",
        "run 0",
        "run 1001",
        "run -1",
        "run 1e3",
        "run 99999999999999999999",
        "run 1 cold=2",
        "run 1 warm=1",
        "run 1 cold=1 more",
        "mark",
        "mark -1",
        "mark 4294967296",
        "baud",
        "baud fast",
        "tick now",
        "info all",
    ],
)
def test_argument_that_cannot_be_used_is_named(wire: Wire, command: str) -> None:
    final = wire.ask(command).final
    assert (final.kind, final.values[0]) == ("error", "bad-argument")
    assert final.words["word"] in ("", *command.split()[1:])


@pytest.mark.parametrize("command", ["jump", "INFO", "okay", "error", "%"])
def test_unknown_command_is_refused(wire: Wire, command: str) -> None:
    final = wire.ask(command).final
    assert (final.kind, final.values[0]) == ("error", "unknown-command")
