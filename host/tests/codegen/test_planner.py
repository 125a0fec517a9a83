"""The memory plan: nothing that is alive shares memory, and the arena is no larger than it need be."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st
from random_networks import random_network

from mcubench.codegen import Buffer, compile_model, plan_bytes, plan_memory

SPANS = st.tuples(st.integers(0, 5000), st.integers(0, 12), st.integers(0, 4))


@given(st.lists(SPANS, max_size=20), st.sampled_from([1, 4, 8, 32]))
def test_live_buffers_never_overlap(spans: list[tuple[int, int, int]], alignment: int) -> None:
    buffers = [Buffer(str(i), size, first, first + more) for i, (size, first, more) in enumerate(spans)]
    plan = plan_memory([[buffer] for buffer in buffers], alignment)
    assert [placement.buffer for placement in plan] == buffers
    assert all(placement.offset % alignment == 0 for placement in plan)
    for a, b in itertools.combinations(plan, 2):
        alive_together = set(range(a.buffer.first, a.buffer.last + 1)) & set(range(b.buffer.first, b.buffer.last + 1))
        if alive_together and a.buffer.size and b.buffer.size:
            assert a.end <= b.offset or b.end <= a.offset


@given(st.lists(SPANS, min_size=1, max_size=12))
def test_the_arena_is_between_the_fullest_moment_and_the_sum(spans: list[tuple[int, int, int]]) -> None:
    buffers = [Buffer(str(i), size, first, first + more) for i, (size, first, more) in enumerate(spans)]
    total = plan_bytes(plan_memory([[buffer] for buffer in buffers], alignment=1))
    fullest = max(sum(b.size for b in buffers if b.first <= step <= b.last) for step in range(17))
    assert fullest <= total <= sum(buffer.size for buffer in buffers)


def test_a_chain_shares_its_address_and_gives_back_what_it_no_longer_needs() -> None:
    large, small = Buffer("in", 1000, 0, 1), Buffer("pooled", 100, 1, 2)
    later = Buffer("later", 900, 2, 2)
    plan = {placement.buffer: placement.offset for placement in plan_memory([[large, small], [later]])}
    assert plan[large] == plan[small]
    assert plan[later] == plan[small] + 104
    assert plan_bytes(plan_memory([[large, small], [later]])) == 1004


def test_a_chain_of_layers_needs_only_its_fullest_pair() -> None:
    layers = [Buffer(str(i), 100 * size, i, i + 1) for i, size in enumerate((1, 9, 4, 6, 2))]
    assert plan_bytes(plan_memory([[buffer] for buffer in layers], alignment=4)) == 1300


def test_no_buffers_need_no_arena() -> None:
    assert plan_bytes(plan_memory([])) == 0


def test_programs_place_every_tensor_inside_their_arena() -> None:
    for seed in range(30):
        program = compile_model("net", random_network(seed).data)
        for index, offset in program.tensor_offsets.items():
            assert 0 <= offset <= program.arena_bytes - program.tensors[index].bytes
            assert offset % 8 == 0
