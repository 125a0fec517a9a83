"""Points measured on the real core with the real networks; what is wrong with a board ends up in the record."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from faulty_line import FaultyLine, by_line

from mcubench.boards import ChildBoard
from mcubench.errors import LinkError
from mcubench.link import Link
from mcubench.measure import Bench, Point, PointMeasurement, Settings, clockcheck
from mcubench.models import Model, Vectors, load_model, read_vectors
from mcubench.protocol import Board, ClockSetting
from mcubench.protocol.text import add_trailer, split_trailer
from mcubench.store import Record

SETTINGS = Settings(samples=20, cold_samples=3)


def measure(
    bench: Bench, model: Model, vectors: Vectors, count: int = 30, on_step: Callable[[str], None] = lambda _: None
) -> Record:
    clock = next(setting for setting in bench.board.clocks().settings if setting.name == "1000")
    point = Point(bench.info.board, bench.info.engine, model, clock, count)
    return PointMeasurement(bench, point, vectors, SETTINGS, "run", on_step).measure()


def test_a_good_point_has_everything(bench: Bench, int8: Model, vectors: Vectors) -> None:
    steps: list[str] = []
    record = measure(bench, int8, vectors, 300, steps.append)
    assert (record.status, record.error) == ("ok", None)
    assert (record.n, len(record.samples_us or [])) == (20, 20)
    assert record.latency_us_min == min(record.samples_us or [])
    assert record.latency_us_max == max(record.samples_us or [])
    assert record.latency_us_min <= (record.latency_us_median or 0) <= (record.latency_us_p95 or 0)
    assert record.cold_latency_us
    assert (record.vectors, record.bit_exact, record.max_abs_error) == (300, True, 0)
    assert record.score is not None
    assert record.score_threshold is not None
    assert record.score > record.score_threshold
    assert [layer["op"] for layer in record.layers or []].count("CONV_2D") == 3
    assert sum(layer["us"] for layer in record.layers or []) > 0
    assert record.outputs_sha256 == hashlib.sha256(vectors.first(300).outputs.tobytes()).hexdigest()
    assert record.engine_kernels
    assert record.model_macs == int8.macs
    assert (record.timing, record.timing_model) == ("measured", None)
    assert {record.flash_image_bytes, record.flash_other_models_bytes} == {None}  # a PC has no flash
    assert record.arena_bytes
    assert record.stack_bytes
    assert record.payload_bytes == 300 * (784 + 10)
    assert record.settings["name"] == "1000"
    assert steps[:3] == ["settling the line's rate", "setting the clock 1000", "verifying the clock"]


def test_a_board_that_counts_time_reports_no_cycles(bench: Bench, int8: Model, vectors: Vectors) -> None:
    record = measure(bench, int8, vectors)
    assert bench.info.counts_time
    assert record.timing == "measured"
    cycles = [getattr(record, name) for name in Record.__dataclass_fields__ if "cycles" in name]
    assert cycles == [None] * len(cycles)
    assert (record.clock_hz, record.clock_verified_hz) == (None, None)
    assert (record.samples, record.cold_samples) == (None, None)
    assert not any("cycles" in layer for layer in record.layers or [])


def test_a_board_that_counts_cycles_reports_both(mnist_program: Path, int8: Model, vectors: Vectors) -> None:
    child, line = changed(mnist_program, lambda text: text.replace("counts_time=1", "counts_time=0"))
    with child, line, Link(line.port) as link:
        board = Board(link)
        record = measure(Bench(board, board.connect(), board.models(), None, child.kill), int8, vectors)
    assert (record.status, record.error) == ("ok", None)
    assert record.cycles_min == min(record.samples or [])
    assert record.cycles_max == max(record.samples or [])
    assert len(record.cold_samples or []) == 3
    assert record.latency_us_median == pytest.approx((record.cycles_median or 0) / 1e9 * 1e6)
    assert record.latency_us_p95 == pytest.approx((record.cycles_p95 or 0) / 1e9 * 1e6)
    assert record.cold_latency_us == pytest.approx((record.cold_cycles or 0) / 1e9 * 1e6)
    assert abs((record.clock_verified_hz or 0) / 1e9 - 1) < 0.01
    assert sum(layer["cycles"] for layer in record.layers or []) > 0
    assert record.samples_us is None


@pytest.mark.parametrize(("command", "unknown"), [("ok layers=", "layers"), ("ok n=3", "cold_latency_us")])
def test_what_a_board_cannot_do_is_unknown_and_no_failure(
    mnist_program: Path, int8: Model, vectors: Vectors, command: str, unknown: str
) -> None:
    child, line = changed(
        mnist_program, lambda text: "error refused reason=cannot" if text.startswith(command) else text
    )
    with child, line, Link(line.port) as link:
        board = Board(link)
        record = measure(Bench(board, board.connect(), board.models(), None, child.kill), int8, vectors)
    assert (record.status, getattr(record, unknown)) == ("ok", None)
    assert record.latency_us_median


def test_floats_may_differ_within_the_models_tolerance(bench: Bench, models_folder: Path) -> None:
    model = load_model("mnist-float32", models_folder)
    record = measure(bench, model, read_vectors(model))
    assert record.status == "ok"
    assert record.max_abs_error is not None
    assert record.max_abs_error <= model.tolerance == 1e-5


def test_wrong_outputs_make_a_failed_point_without_any_time(bench: Bench, int8: Model, vectors: Vectors) -> None:
    outputs = vectors.outputs.copy()
    outputs[7, 3] += 1
    record = measure(bench, int8, replace(vectors, outputs=outputs))
    assert record.status == "failed"
    assert record.error == "1 of 30 outputs differ from the golden ones, most in vector 7, by 1"
    assert record.bit_exact is False
    assert (record.cycles_median, record.latency_us_median, record.samples) == (None, None, None)
    assert record.stack_bytes


def test_a_score_below_the_threshold_fails_once_there_are_enough_vectors(
    bench: Bench, int8: Model, vectors: Vectors
) -> None:
    assert vectors.labels is not None
    wrong = replace(vectors, labels=(vectors.labels + 1) % 10)
    assert measure(bench, int8, wrong, 30).status == "ok"
    record = measure(bench, int8, wrong, 100)
    assert record.status == "failed"
    assert "at least 0.95 was expected" in (record.error or "")


def test_a_model_without_metric_has_no_score_and_needs_none(bench: Bench, int8: Model, vectors: Vectors) -> None:
    plain = replace(int8, metric=None, threshold=None)
    record = measure(bench, plain, replace(vectors, labels=None), 100)
    assert (record.status, record.metric, record.score, record.score_threshold) == ("ok", None, None, None)
    assert record.bit_exact


def test_a_score_without_threshold_is_only_told(bench: Bench, int8: Model, vectors: Vectors) -> None:
    assert vectors.labels is not None
    wrong = replace(vectors, labels=(vectors.labels + 1) % 10)
    record = measure(bench, replace(int8, threshold=None), wrong, 100)
    assert (record.status, record.score_threshold) == ("ok", None)
    assert (record.score or 0.0) < 0.1


@pytest.mark.parametrize(("largest", "status"), [(0.25, "ok"), (0.2, "failed")])
def test_an_error_is_good_up_to_its_threshold(
    bench: Bench, int8: Model, vectors: Vectors, largest: float, status: str
) -> None:
    labels = int8.output.real(vectors.outputs) + 0.25
    record = measure(bench, replace(int8, metric="mae", threshold=largest), replace(vectors, labels=labels), 100)
    assert (record.status, record.score) == (status, 0.25)
    assert record.error is None or record.error == "mae is 0.25, at most 0.2 was expected"


def test_a_setting_that_the_board_refuses_makes_a_failed_point(bench: Bench, int8: Model, vectors: Vectors) -> None:
    point = Point("native", "generated", int8, ClockSetting("2000", 2_000_000_000, False, {}), 30)
    record = PointMeasurement(bench, point, vectors, SETTINGS, "run", lambda _: None).measure()
    assert record.status == "failed"
    assert "refused" in (record.error or "")
    assert record.clock_hz is None


def changed(program: Path, change: Callable[[str], str]) -> tuple[ChildBoard, FaultyLine]:
    """Return a board and a line to it whose answers `change` may rewrite before their trailer is made."""

    def rewrite(line: str) -> bytes:
        text, seq = split_trailer(line) or (line, None)
        return (change(text) if seq is None else add_trailer(change(text), seq)).encode() + b"\n"

    child = ChildBoard("native", [str(program)])
    return child, FaultyLine(child.port, by_line(rewrite), bytes)


@pytest.mark.parametrize(
    ("begin", "answer", "lie", "error"),
    [
        ("ok n=", "output_crc32=", "output_crc32=0", "another output than the one that was checked"),
        ("ok n=", "input_crc32=", "input_crc32=0", "not the vector that was sent"),
        ("ok n=", "stable=1", "stable=0", "another output than the one that was checked"),
        ("ok layers=", "output_crc32=", "output_crc32=0", "timed by layers has another output"),
    ],
)
def test_times_of_an_unchecked_inference_do_not_count(
    mnist_program: Path, int8: Model, vectors: Vectors, begin: str, answer: str, lie: str, error: str
) -> None:
    def change(text: str) -> str:
        if not text.startswith(begin):
            return text
        return " ".join(lie if word.startswith(answer) else word for word in text.split(" "))

    child, line = changed(mnist_program, change)
    with child, line, Link(line.port) as link:
        board = Board(link)
        record = measure(Bench(board, board.connect(), board.models(), None, child.kill), int8, vectors)
    assert record.status == "failed"
    assert error in (record.error or "")
    assert {record.latency_us_median, record.cold_latency_us, record.samples_us} == {None}


def test_a_wrong_crystal_leaves_cycles_but_no_microseconds(
    mnist_program: Path, int8: Model, vectors: Vectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clockcheck, "SPANS_S", (0.3,))
    lies = {"hz=1000000000": "hz=1040000000", "counts_time=1": "counts_time=0"}

    def change(text: str) -> str:
        for truth, lie in lies.items():
            text = text.replace(truth, lie)
        return text

    child, line = changed(mnist_program, change)
    with child, line, Link(line.port) as link:
        board = Board(link)
        record = measure(Bench(board, board.connect(), board.models(), None, child.kill), int8, vectors)
    assert record.status == "failed"
    assert "the board believes 1040.00 MHz (-3." in (record.error or "")
    assert record.clock_verified_hz == pytest.approx(1e9, rel=0.01)
    assert record.samples
    assert record.bit_exact
    assert record.latency_us_median is None


def test_a_board_that_goes_away_is_told_with_what_was_being_done(bench: Bench, int8: Model, vectors: Vectors) -> None:
    def kill_at(step: str) -> None:
        if step == "timing the layers":
            bench.abort()

    with pytest.raises(LinkError, match="while timing the layers of mnist-int8 at clock 1000") as caught:
        for _ in range(100):  # the core outlives the process that was killed by a moment
            measure(bench, int8, vectors, 30, kill_at)
    assert caught.value.port == bench.board.port
