from __future__ import annotations

from dataclasses import replace

import pytest

from mcubench.errors import CheckFailedError, InputError
from mcubench.pytest_plugin.baseline import Baseline, LatencyKey
from mcubench.pytest_plugin.latency import LatencyBaseline
from mcubench.store import Record

KEY = LatencyKey("stm32f746", "generated", "mnist-int8", "216", "measured", "gcc-12")


def record(**changed) -> Record:
    known = {
        "run_id": "r", "point_id": "stm32f746/generated/mnist-int8/216", "started_at": "now", "board": "stm32f746",
        "core": "cortex-m7", "board_uid": "00", "engine": "generated", "engine_version": "1", "model": "mnist-int8",
        "model_sha256": "0", "firmware_build": "0", "toolchain": "gcc-12", "flags": "-O3", "timing": "measured",
        "cycles_median": 1000.0,
    }  # fmt: skip
    return Record(**(known | changed))


@pytest.mark.parametrize(("cycles", "slower"), [(900, False), (1000, False), (1020, False), (1021, True)])
def test_slower_means_above_the_tolerance(cycles, slower):
    assert Baseline(0.02, {KEY: 1000}).judge(KEY, cycles).slower is slower


@pytest.mark.parametrize(
    "other",
    [
        replace(KEY, timing="modelled m7-1"),
        replace(KEY, clock="180"),
        replace(KEY, toolchain="gcc-14"),
        replace(KEY, engine="tflm"),
    ],
)
def test_latencies_of_other_things_are_not_compared(other):
    verdict = Baseline(0.02, {KEY: 1000}).judge(other, 10**9)
    assert (verdict.limit_cycles, verdict.slower) == (None, False)
    assert "nothing to compare with" in str(verdict)


def test_key_of_a_record_tells_modelled_from_measured():
    assert LatencyKey.of(record()) == KEY
    assert LatencyKey.of(record(timing="modelled", timing_model="m7-2")).timing == "modelled m7-2"


def test_what_is_written_is_read_again_and_sorted(tmp_path):
    path = tmp_path / "baseline.json"
    cycles = {replace(KEY, clock="48"): 900, KEY: 1000}
    Baseline(0.05, cycles).write(path)
    again = Baseline.read(path)
    assert (again.tolerance, again.cycles) == (0.05, cycles)
    assert path.read_text().index('"216"') < path.read_text().index('"48"')


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"tolerance": "much", "latencies": []}',
        '{"tolerance": 0.1, "latencies": [{"board": "b"}]}',
        '{"tolerance": 0.1, "latencies": [{"cycles": 0}]}',
        '{"tolerance": 0.1, "latencies": ["text"]}',
        '{"tolerance": 0.1, "latencies": 3}',
    ],
)
def test_file_that_is_no_baseline_is_refused(tmp_path, content):
    path = tmp_path / "baseline.json"
    path.write_text(content)
    with pytest.raises(InputError, match="not a latency baseline") as caught:
        Baseline.read(path)
    assert "\n" not in str(caught.value)


def test_absent_file_says_how_to_make_one(tmp_path):
    with pytest.raises(InputError, match="--update-baseline makes one"):
        LatencyBaseline(tmp_path / "none.json", updating=False)


def test_updating_accepts_and_writes(tmp_path):
    path = tmp_path / "new.json"
    updating = LatencyBaseline(path, updating=True)
    assert updating.compare(record()).limit_cycles == 1020
    updating.save()
    assert LatencyBaseline(path, updating=False).compare(record(cycles_median=1021.0)).slower


def test_without_updating_nothing_is_written(tmp_path):
    path = tmp_path / "old.json"
    Baseline(0.02, {KEY: 1000}).write(path)
    before = path.read_bytes()
    session = LatencyBaseline(path, updating=False)
    assert session.compare(record(cycles_median=2000.0)).slower
    session.save()
    assert path.read_bytes() == before


def test_record_without_latency_is_no_result(tmp_path):
    session = LatencyBaseline(tmp_path / "new.json", updating=True)
    with pytest.raises(CheckFailedError, match="has no latency: it failed"):
        session.compare(record(cycles_median=None, status="failed", error="it failed"))
