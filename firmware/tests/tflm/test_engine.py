"""The tflm engine over the test double of its library, built for the PC with sanitizers."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import tflite
import wire_reference as wire
from core_boards import FIRMWARE, PtyBoard, run_tool, stream

from mcubench.codegen import Limits, generate_tflm

pytestmark = pytest.mark.skipif(shutil.which("g++") is None, reason="g++ is not installed (apt-get install g++)")

DOUBLE = Path(__file__).parent / "double"
MODELS = FIRMWARE.parent / "models"
INT8, FLOAT32 = "mnist-int8", "mnist-float32"
OPERATORS = [
    *("CONV_2D", "MAX_POOL_2D", "CONV_2D", "MAX_POOL_2D", "CONV_2D"),
    *("RESHAPE", "FULLY_CONNECTED", "FULLY_CONNECTED", "SOFTMAX"),
]
# In double.h: what it uses besides input and output, and what it needs more than it says.
PERSISTENT_BYTES, SHORT_BYTES = 1000, 12
ARENA_BYTES = 40000
ARENA_ERROR, INVOKE_ERROR, MODEL_ERROR = "-1", "-2", "-3"

Change = Callable[[Path], None]


def build(out: Path, change: Change | None = None) -> Path:
    """Build the PC as a board with both networks, after `change` to the generated files."""
    generated = out / "generated"
    generate_tflm([MODELS / INT8, MODELS / FLOAT32], generated, ARENA_BYTES, Limits())
    if change:
        change(generated)
    run_tool(
        *("make", "-s", "-C", FIRMWARE / "native", "ENGINE=tflm", f"OUT={out}", "SANITIZE=1"),
        f"ENGINE_DIRS={FIRMWARE / 'engines' / 'tflm'} {generated}",
        f"CXXFLAGS=-I{DOUBLE} -include {DOUBLE / 'version.h'}",
    )
    return out / "board"


@contextmanager
def running(program: Path) -> Iterator[PtyBoard]:
    with PtyBoard(program) as board:
        assert board.next() is not None  # the boot line
        yield board
        assert board.running, "the board died, see its standard error"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("tflm"))


@pytest.fixture
def board(program: Path) -> Iterator[PtyBoard]:
    with running(program) as board:
        yield board


def replace_in(name: str, pattern: str, text: str) -> Change:
    def change(generated: Path) -> None:
        file = generated / name
        changed, count = re.subn(pattern, text, file.read_text())
        assert count == 1, f"{pattern} stands {count} times in {name}"
        file.write_text(changed)

    return change


def error_status(answer: wire.Answer) -> str:
    assert answer.text.startswith("error engine "), answer.text
    return wire.words(answer)["status"]


def test_the_engine_says_who_it_is(board: PtyBoard) -> None:
    (engine,) = [answer for answer in board.ask("info") if answer.kind == "engine"]
    assert wire.words(engine) == {"name": "tflm", "version": "double", "kernels": "reference"}


@pytest.mark.parametrize(("name", "input_bytes", "output_bytes"), [(INT8, 784, 10), (FLOAT32, 3136, 40)])
def test_a_model_runs_and_its_outputs_come_back(
    board: PtyBoard, name: str, input_bytes: int, output_bytes: int
) -> None:
    assert board.ask_final(f"model {name}").kind == "ok"
    data = bytes(k % 199 for k in range(3 * input_bytes))
    vectors = [data[k : k + input_bytes] for k in range(0, len(data), input_bytes)]
    wanted = [bytes(sum(vector[i::output_bytes]) % 256 for i in range(output_bytes)) for vector in vectors]
    items = stream(board, data, 3, output_bytes)
    assert [(item.status, item.output) for item in items] == [(0, output) for output in wanted]


@pytest.mark.parametrize(("remembers", "added"), [("false", (0, 1, 2)), ("true", (0, 0, 0))])
def test_what_a_model_remembers_is_reset_before_every_inference(
    tmp_path: Path, remembers: str, added: tuple[int, ...]
) -> None:
    """The double remembers whatever the table says, so the first case shows that it is the engine that resets."""
    change = replace_in("mnist_int8.c", r"\.remembers = \w+", f".remembers = {remembers}")
    with running(build(tmp_path, change)) as board:
        board.ask(f"model {INT8}")
        items = stream(board, (bytes([0xDD]) + bytes(783)) * 3, 3, 10)
        assert [item.output[0] for item in items] == [(0xDD + count) % 256 for count in added]


def test_the_arena_is_known_when_the_model_is_open(board: PtyBoard) -> None:
    assert all("arena_bytes" not in wire.words(answer) for answer in board.ask("models"))
    assert wire.words(board.ask_final(f"model {INT8}"))["arena_bytes"] == str(PERSISTENT_BYTES + 784 + 10)
    known = {words["name"]: words.get("arena_bytes") for words in map(wire.words, board.ask("models")[:-1])}
    assert known == {INT8: str(PERSISTENT_BYTES + 784 + 10), FLOAT32: None}
    assert error_status(board.ask_final(f"model {INT8} arena=1")) == ARENA_ERROR
    assert all("arena_bytes" not in wire.words(answer) for answer in board.ask("models"))


def test_only_an_arena_that_is_large_enough_and_there_is_taken(board: PtyBoard) -> None:
    used = PERSISTENT_BYTES + 784 + 10
    for arena_bytes in (1, 16, used - 1, used, used + SHORT_BYTES - 1, ARENA_BYTES + 1, 0xFFFFFFFF):
        assert error_status(board.ask_final(f"model {INT8} arena={arena_bytes}")) == ARENA_ERROR
        assert board.ask_final("run 1").text.startswith("error no-model")
    for arena_bytes in (used + SHORT_BYTES, ARENA_BYTES):
        assert wire.words(board.ask_final(f"model {INT8} arena={arena_bytes}"))["arena_bytes"] == str(used)
        assert board.ask_final("run 1").kind == "ok"


def test_an_arena_too_small_for_the_library_itself_is_an_error(tmp_path: Path) -> None:
    with running(build(tmp_path, replace_in("models.c", rf"tflm_arena\[{ARENA_BYTES}\]", "tflm_arena[96]"))) as board:
        assert error_status(board.ask_final(f"model {INT8}")) == ARENA_ERROR
        assert board.ask_final("tick").kind == "ok"


def test_every_operator_is_marked_with_its_name(board: PtyBoard) -> None:
    board.ask(f"model {INT8}")
    *layers, final = board.ask("layers")
    assert [wire.words(layer)["op"] for layer in layers] == OPERATORS
    assert wire.words(final)["layers"] == str(len(OPERATORS))
    # And none of it is left for the next inferences.
    assert wire.words(board.ask_final("run 3"))["stable"] == "1"


def test_an_inference_that_fails_is_said_to(board: PtyBoard) -> None:
    board.ask(f"model {INT8}")
    (item,) = stream(board, bytes([0xEE]) + bytes(783), 1, 10)
    assert (str(item.status), item.output) == (INVOKE_ERROR, bytes(10))
    assert error_status(board.ask_final("layers")) == INVOKE_ERROR


def test_an_operator_that_the_image_lacks_is_a_model_error(tmp_path: Path) -> None:
    with running(build(tmp_path, replace_in("resolver.h", r"    resolver\.AddMaxPool2D\(\);\n", ""))) as board:
        assert error_status(board.ask_final(f"model {INT8}")) == MODEL_ERROR
        assert board.ask_final("tick").kind == "ok"


def test_a_file_that_is_not_the_model_of_the_table_is_a_model_error(tmp_path: Path) -> None:
    """Another schema version in one file, another output size in the table beside the other."""
    data = (MODELS / INT8 / "model.tflite").read_bytes()
    root = tflite.Model.GetRootAsModel(data, 0)._tab
    at = root.Pos + root.Offset(4)
    assert data[at] == 3

    def change(generated: Path) -> None:
        numbers = [*data[:at], 4, *data[at + 1 :]]
        rows = ",\n".join(",".join(map(str, numbers[k : k + 32])) for k in range(0, len(numbers), 32))
        replace_in("mnist_int8.c", r"(?s)(aligned\(16\)\)\) = \{).*?\};", rf"\g<1>{rows}}};")(generated)
        replace_in("mnist_float32.c", r"\.output_bytes = 40", ".output_bytes = 44")(generated)

    with running(build(tmp_path, change)) as board:
        assert error_status(board.ask_final(f"model {INT8}")) == MODEL_ERROR
        assert error_status(board.ask_final(f"model {FLOAT32}")) == MODEL_ERROR
        assert board.ask_final("tick").kind == "ok"


@pytest.mark.parametrize("flags", ["", "-DDOUBLE_OF_2022"])
def test_both_signatures_of_debug_log_are_served(tmp_path: Path, flags: str) -> None:
    source = FIRMWARE / "engines" / "tflm" / "debug_log.cc"
    strict = ("-std=c++17", "-Wall", "-Wextra", "-pedantic", "-Werror")
    run_tool("g++", *strict, f"-I{DOUBLE}", *flags.split(), "-c", source, "-o", tmp_path / "debug_log.o")
    assert re.search(r" T DebugLog$", run_tool("nm", tmp_path / "debug_log.o"), re.MULTILINE)
