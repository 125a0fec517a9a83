"""The memory plan and its pictures."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from network_chain import Chain

from mcubench.codegen.planner import Buffer, Placement
from mcubench.codegen.reader import read_graph
from mcubench.codegen.source import Source
from mcubench.inspect import MemoryPlan, chart_lines, inspect_model, memory_chart, plan_of_graph


def plan(*buffers: tuple[int, int, int, int]) -> MemoryPlan:
    placements = tuple(
        Placement(Buffer(f"b{i}", size, first, last), at) for i, (size, first, last, at) in enumerate(buffers)
    )
    return MemoryPlan(None, 3, placements)


def test_memory_that_two_buffers_share_is_counted_once() -> None:
    assert plan((100, -1, 0, 0), (60, 0, 2, 0), (10, 2, 3, 100)).used_bytes == [100, 60, 70]


def test_the_chart_shows_each_buffer_where_and_while_it_lives() -> None:
    lines = chart_lines(plan((8, -1, 0, 8), (8, 0, 2, 0)), width=40)
    assert lines[0] == "      16 |AAAAA"
    assert lines[8] == "       8 |BBBBBBBBBBBBBBB"
    assert lines[16:] == ["       0 +---------------", " " * 10 + "0    1    2"]


def test_the_chart_keeps_to_the_terminal_however_many_operators_there_are() -> None:
    wide = MemoryPlan(None, 500, (Placement(Buffer("b", 64, -1, 499), 0),))
    lines = chart_lines(wide, width=60)
    assert max(map(len, lines)) <= 60
    assert lines[0].endswith("A" * 50)


def test_the_picture_is_a_drawing_with_a_box_per_buffer() -> None:
    root = ElementTree.fromstring(memory_chart(plan((8, -1, 0, 8), (8, 0, 2, 0)), "a < b", ["ADD", "MUL", "ADD"]))
    tips = [title.text for title in root.iter("{http://www.w3.org/2000/svg}title")]
    assert tips == ["b0: 8 bytes at 8", "b1: 8 bytes at 0"]


def network() -> bytes:
    return Chain(np.random.default_rng(2), (1, 8, 8, 2)).conv(4).pool().flatten().dense(3).build()


def test_a_model_is_told_with_the_plan_of_the_engine_that_can_run_it() -> None:
    told = inspect_model(Source("net", Path("net.tflite"), network()))
    assert told.plan.engine == "generated"
    assert told.obstacles == {"generated": None, "tflm": None}
    assert told.as_dict()["arena_bytes"] == told.plan.arena_bytes
    # Input 8x8x2 and output 6x6x4 are alive together; the plan has scratch memory besides.
    assert told.peak_activation_bytes == 128 + 144
    assert max(told.plan.used_bytes) >= told.peak_activation_bytes


def test_the_plan_without_an_engine_keeps_apart_what_is_alive_together() -> None:
    placements = plan_of_graph(read_graph(network())).placements
    for one in placements:
        for other in placements:
            if one is not other and one.buffer.meets(other.buffer):
                assert one.end <= other.offset or other.end <= one.offset
