"""What is said of records: each rule speaks up when it should, and is silent otherwise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from network_chain import Chain

from mcubench.codegen.graph import Graph
from mcubench.codegen.reader import read_graph
from mcubench.inspect import count_operators
from mcubench.lint import Finding, check_records
from mcubench.store import Record

FLAGS = "-O3 -g -std=gnu11 -mcpu=cortex-m7 -mfpu=fpv5-sp-d16 -mfloat-abi=hard"
SETTINGS = {"name": "216", "icache": "1", "dcache": "1", "art": "1", "wait_states": "7"}
GOOD = Record(
    run_id="r",
    point_id="p",
    started_at="now",
    board="stm32f746",
    core="cortex-m7",
    board_uid="virtual-1",
    engine="generated",
    engine_version="1",
    engine_kernels="dsp",
    model="net-int8",
    model_sha256="0" * 64,
    firmware_build="b",
    toolchain="gcc",
    flags=FLAGS,
    timing="modelled",
    clock_hz=216_000_000,
    settings=SETTINGS,
    cycles_min=1000,
    cycles_median=1000.0,
    cycles_max=1000,
    cold_cycles=1100.0,
    latency_us_median=1000 / 216,
)


def found(record: Record, *others: Record, graph: Graph | None = None) -> dict[str, Finding]:
    checked = check_records([record, *others], lambda _: graph)
    (one,) = [each for each in checked if each.record is record]
    return {finding.rule: finding for finding in one.findings}


def test_nothing_is_said_against_a_board_at_its_best() -> None:
    assert found(GOOD) == {}


def test_points_that_failed_are_not_looked_at() -> None:
    assert check_records([replace(GOOD, status="failed")], lambda _: None) == []


def test_caches_that_are_off_are_named_with_a_known_figure() -> None:
    finding = found(replace(GOOD, settings=SETTINGS | {"icache": "0", "art": "0"}))["caches"]
    assert "instruction cache" in finding.seen
    assert "ART" in finding.seen
    assert "data" not in finding.seen
    assert finding.speedup is not None
    assert "modelled" in finding.basis


def test_a_point_of_the_same_run_is_a_better_witness_than_a_known_figure() -> None:
    slow = replace(
        GOOD, clock_hz=16_000_000, settings=SETTINGS | {"name": "16", "wait_states": "0"}, latency_us_median=9.0
    )
    other = replace(GOOD, latency_us_median=30.0)
    finding = found(slow, other)["clock"]
    assert (finding.speedup, finding.basis) == (9.0 / 30.0, "clock 216 of this run, modelled")


@pytest.mark.parametrize(
    ("changes", "rule", "text"),
    [
        ({"clock_hz": 16_000_000}, "clock", "16 of 216 MHz"),
        ({"clock_hz": 16_000_000}, "wait-states", "7 flash wait states at 16 MHz"),
        ({"flags": FLAGS.replace("-O3", "-O0")}, "flags", "-O0"),
        ({"flags": FLAGS + " -Os"}, "flags", "-Os"),
        ({"flags": FLAGS.replace("-O3 ", "")}, "flags", "no -O"),
        ({"flags": "-O3 -std=gnu11 -mcpu=cortex-m7"}, "fpu", "FPU"),
        ({"engine_kernels": "c"}, "kernels", "plain C"),
        ({"engine_kernels": "reference"}, "kernels", "reference kernels"),
        ({"cycles_max": 1100}, "jitter", "1,000 to 1,100 cycles"),
        ({"cold_cycles": 2500.0}, "cold", "2.50 times"),
    ],
)
def test_what_is_off_is_named(changes: dict[str, object], rule: str, text: str) -> None:
    assert text in found(replace(GOOD, **changes))[rule].seen  # type: ignore[arg-type]


def test_what_a_python_package_was_compiled_with_is_its_own_business() -> None:
    assert "flags" not in found(replace(GOOD, core="AMD EPYC", flags="cp311-manylinux"))


def with_layers(graph: Graph, per_mac: list[float | None], idle: int = 100) -> Record:
    counts = count_operators(graph)
    cycles = [
        round(rate * (count.macs or 0)) if rate is not None else idle
        for count, rate in zip(counts, per_mac, strict=True)
    ]
    layers = [
        {"index": i, "op": count.op, "cycles": c} for i, (count, c) in enumerate(zip(counts, cycles, strict=True))
    ]
    return replace(GOOD, layers=layers)


def network() -> Graph:
    chain = Chain(np.random.default_rng(3), (1, 12, 12, 16)).conv(16, (3, 3)).conv(16, (3, 3), depthwise=True)
    return read_graph(chain.flatten().dense(10).build())


def test_a_layer_that_is_slow_for_its_core_is_named_with_what_it_would_be_worth() -> None:
    graph = network()
    record = with_layers(graph, [6.0, 4.0, None, 1.6])
    finding = found(record, graph=graph)["layer"]
    assert finding.seen.startswith("layer 0 (CONV_2D): 6.0 cycles per MAC")
    assert finding.speedup is not None
    assert 1.0 < finding.speedup < 6.0 / 0.9


def test_layers_as_quick_as_others_are_not_named() -> None:
    graph = network()
    assert "layer" not in found(with_layers(graph, [1.2, 4.5, None, 1.7]), graph=graph)


def test_time_without_multiplications_is_named() -> None:
    graph = network()
    macs = sum(count.macs or 0 for count in count_operators(graph))
    finding = found(with_layers(graph, [1.0, 1.0, None, 1.0], idle=macs), graph=graph)["no-macs"]
    assert "50%" in finding.seen
    assert finding.speedup == pytest.approx(2.0)


def test_the_most_worth_comes_first() -> None:
    record = replace(GOOD, clock_hz=108_000_000, cycles_max=1030, settings=SETTINGS | {"wait_states": "3"})
    (one,) = check_records([record], lambda _: None)
    assert [finding.rule for finding in one.findings] == ["clock", "jitter"]


def test_the_int8_version_of_the_same_run_is_recommended() -> None:
    slow = replace(GOOD, model="net-float32", latency_us_median=40.0, score=0.97)
    quick = replace(GOOD, latency_us_median=10.0, score=0.96)
    finding = found(slow, quick)["float32"]
    assert (finding.speedup, finding.advice) == (4.0, "use net-int8, if its score will do (0.970 to 0.960)")
    assert found(quick, slow) == {}
