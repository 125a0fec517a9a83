"""What two runs of one sweep must have in common."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mcubench.store import Record, same_results

POINT = Record(
    run_id="r1", point_id="b/e/m/216", started_at="t1", board="b", core="c", board_uid="00", engine="e",
    engine_version="1", model="m", model_sha256="ff", firmware_build="f", toolchain="gcc", flags="", timing="modelled",
    cycles_median=7.0, vectors=300, outputs_sha256="ab", elapsed_s=1.0, retransmits=0, attempts=1, recoveries=[],
)  # fmt: skip
OTHER = replace(POINT, point_id="b/e/m/16")


def test_times_and_what_happened_on_the_way_do_not_count() -> None:
    again = replace(
        POINT, run_id="r2", started_at="t2", elapsed_s=9.0, retransmits=5, attempts=3, recoveries=[{}], stack_bytes=1
    )
    assert same_results([POINT, OTHER], [OTHER, again]) == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"outputs_sha256": "cd"}, "outputs_sha256 is 'ab' and 'cd'"),
        ({"vectors": None}, "vectors is 300 and None"),
        ({"status": "failed"}, "status is 'ok' and 'failed'"),
        ({"cycles_median": 8.0}, "cycles_median is 7.0 and 8.0"),
    ],
)
def test_what_was_found_counts(changed: dict[str, object], words: str) -> None:
    assert same_results([POINT], [replace(POINT, **changed)]) == [f"b/e/m/216: {words}"]


def test_measured_cycles_are_times() -> None:
    measured = replace(POINT, timing="measured")
    assert same_results([measured], [replace(measured, cycles_median=8.0)]) == []
    assert same_results([measured], [POINT]) != []


def test_every_point_is_there_once() -> None:
    assert same_results([POINT, OTHER], [POINT]) == ["b/e/m/16: only in the first"]
    assert same_results([POINT], [POINT, OTHER]) == ["b/e/m/16: only in the second"]
    assert same_results([POINT], [POINT, POINT]) == ["b/e/m/216: more than one record"]
