"""One direction of a faulty line: how often faults strike, and that the same happens again however bytes are cut."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcubench.link import LineFault, parse_line_fault
from mcubench.link.oneway import OneWay

DATA = bytes(range(256)) * 100
SPECS = st.lists(
    st.builds(
        "{}:rate={},seed={}".format,
        st.sampled_from(["flip", "drop", "double", "reorder", "stall"]),
        st.sampled_from([0, 1e-3, 0.05, 0.5, 1]),
        st.integers(0, 1000),
    )
    | st.integers(1, 200).map("disconnect:every_bytes={}".format),
    max_size=4,
)
CUTS = st.lists(st.integers(0, 1000), max_size=20)


def line(*specs: str, direction: str = "host") -> OneWay:
    return OneWay([parse_line_fault(spec) for spec in specs], direction)


def out(way: OneWay, *chunks: bytes) -> bytes:
    """Return the bytes that come out, whatever happens between them."""
    return b"".join(piece for chunk in chunks for piece in way.feed(chunk) if isinstance(piece, bytes))


def happenings(way: OneWay, chunks: Iterable[bytes]) -> list[bytes | LineFault]:
    """Return what comes out with the events where they happen, in pieces as long as can be."""
    all_of_it: list[bytes | LineFault] = [b""]
    for chunk in chunks:
        for piece in way.feed(chunk):
            if isinstance(piece, bytes) and isinstance(all_of_it[-1], bytes):
                all_of_it[-1] += piece
            else:
                all_of_it.append(piece)
    return all_of_it


@given(SPECS, CUTS, st.binary(max_size=1000))
def test_how_bytes_are_cut_does_not_matter(specs: list[str], cuts: list[int], data: bytes) -> None:
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    chunks = [data[start:stop] for start, stop in pairwise(places)]
    assert happenings(line(*specs), chunks) == happenings(line(*specs), [data])


@given(SPECS, st.binary(max_size=256))
def test_the_contents_decide_nothing(specs: list[str], data: bytes) -> None:
    moving = [spec for spec in specs if not spec.startswith("flip")]
    places = out(line(*moving), bytes(range(256))[: len(data)])
    assert out(line(*moving), data) == bytes(data[place] for place in places)


@given(st.sampled_from([1e-4, 1e-3, 0.02, 0.3]), st.integers(0, 10**6))
@settings(max_examples=15, derandomize=True, deadline=None)
def test_faults_strike_as_often_as_they_should(rate: float, seed: int) -> None:
    def expect(count: int, places: int) -> None:
        """Five standard deviations of a binomial distribution, and the one that a handful may be off."""
        assert abs(count - rate * places) <= 5 * math.sqrt(places * rate * (1 - rate)) + 1

    flipped = out(line(f"flip:rate={rate},seed={seed}"), DATA)
    expect(sum((a ^ b).bit_count() for a, b in zip(DATA, flipped, strict=True)), 8 * len(DATA))
    expect(len(DATA) - len(out(line(f"drop:rate={rate},seed={seed}"), DATA)), len(DATA))
    expect(len(out(line(f"double:rate={rate},seed={seed}"), DATA)) - len(DATA), len(DATA))
    stalls = [piece for piece in line(f"stall:rate={rate},seed={seed}").feed(DATA) if isinstance(piece, LineFault)]
    expect(len(stalls), len(DATA))


def test_every_bit_of_a_byte_is_flipped_alike() -> None:
    flipped = out(line("flip:rate=0.01"), bytes(20000))
    counts = Counter(bit for byte in flipped for bit in range(8) if byte >> bit & 1)
    assert all(100 <= counts[bit] <= 300 for bit in range(8))


@given(st.integers(0, 1000), st.floats(0.001, 0.4))
def test_reordered_bytes_change_places_with_their_neighbours(seed: int, rate: float) -> None:
    data = bytes(range(250))
    passed = out(line(f"reorder:rate={rate},seed={seed}"), data, b"\xff")
    assert sorted(passed.replace(b"\xff", b"")) == list(data)
    assert all(abs(place - byte) <= 1 for place, byte in enumerate(passed) if byte != 255)


@given(st.integers(0, 1000))
def test_one_fault_does_not_move_another(seed: int) -> None:
    flip, drop = f"flip:rate=0.01,seed={seed}", f"drop:rate=0.05,seed={seed}"
    assert out(line(flip, drop), DATA[:5000]) == out(line(drop), out(line(flip), DATA[:5000]))


def test_seeds_names_and_directions_strike_different_bytes() -> None:
    seen = {
        out(line(spec, direction=direction), bytes(1000))
        for spec in ("flip:rate=0.01", "flip:rate=0.01,seed=1")
        for direction in ("host", "board")
    }
    assert len(seen) == 4
    kept = out(line("drop:rate=0.1"), bytes(range(250)))
    doubled = Counter(out(line("double:rate=0.1"), bytes(range(250))))
    assert {byte for byte in range(250) if byte not in kept} != {byte for byte in doubled if doubled[byte] == 2}


def test_a_direction_without_faults_is_left_alone() -> None:
    assert out(line("flip:rate=1,to=board"), DATA) == DATA
    assert out(line("flip:rate=1,to=board", direction="board"), DATA) == bytes(byte ^ 0xFF for byte in DATA)
    assert out(line(), DATA) == DATA
    assert out(line("flip:rate=0", "drop:rate=0"), DATA) == DATA


@pytest.mark.parametrize("rate", [1e-300, 5e-324])
def test_the_rarest_of_faults_never_strikes(rate: float) -> None:
    assert out(line(f"drop:rate={rate}"), DATA) == DATA


@given(st.integers(0, 1000))
def test_a_truncated_write_loses_its_end_and_nothing_of_the_next(seed: int) -> None:
    way = line(f"truncate:rate=0.02,seed={seed}", direction="board")
    lost = line(f"drop:rate=0.02,seed={seed}", direction="board")
    writes = [bytes([number]) * 20 for number in range(100)]
    passed = [out(way, write) for write in writes]
    assert all(write.startswith(begin) for begin, write in zip(passed, writes, strict=True))
    assert 10 < sum(begin != write for begin, write in zip(passed, writes, strict=True)) < 60
    assert len(out(lost, b"".join(writes))) > sum(map(len, passed))


def test_a_truncated_write_stays_cut_whatever_else_strikes_its_end() -> None:
    alone = line("truncate:rate=0.02", direction="board")
    with_flips = line("truncate:rate=0.02", "flip:rate=0.1", direction="board")
    for _ in range(100):
        assert len(out(with_flips, bytes(20))) == len(out(alone, bytes(20)))


def test_the_cable_is_pulled_after_every_so_many_bytes() -> None:
    pieces = happenings(line("disconnect:every_bytes=10"), [bytes(35)])
    assert [len(piece) if isinstance(piece, bytes) else piece.name for piece in pieces] == [
        10,
        "disconnect",
        10,
        "disconnect",
        10,
        "disconnect",
        5,
    ]


def test_bytes_behind_a_pulled_cable_were_never_put_in() -> None:
    way = line("disconnect:every_bytes=10", "flip:rate=0.1")
    plain = out(line("flip:rate=0.1"), bytes(20))
    feeding = way.feed(bytes(1000))
    assert next(feeding) == plain[:10]
    assert isinstance(next(feeding), LineFault)
    way.pulled()
    assert out(way, bytes(10)) == plain[10:]
