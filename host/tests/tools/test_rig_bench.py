"""The rig bench: a few scripted boards swept by the real command, and what it concludes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from rig_bench import SCRIPTED_MODELS, Sweep, judge, scripted_boards, summarise, sweep

COUNT = 4
ONE = Sweep(
    boards="scripted",
    count=1,
    points=10,
    payload_bytes=1_000_000,
    wall_s=12.0,
    slowest_board_s=11.0,
    host_cpu_s=0.5,
    host_peak_bytes=50_000_000,
    boards_cpu_s=0.2,
    failed=0,
)


def test_boards_are_swept_at_once_and_cost_is_the_host_process_alone(tmp_path: Path) -> None:
    with scripted_boards(COUNT) as places:
        found = sweep(places, ("--model", SCRIPTED_MODELS[-1], "--clock", "main", "--vectors", "10"), tmp_path)
    assert (found.boards, found.count, found.points, found.failed) == ("scripted", COUNT, COUNT, 0)
    assert 0 < found.slowest_board_s < found.wall_s
    assert found.host_cpu_s > 0
    assert found.host_peak_bytes > 10_000_000
    assert len({place.port for place in places}) == COUNT
    assert len({place.pid for place in places}) == 1


def test_cost_of_a_thousand_points_is_reckoned_from_all_runs() -> None:
    row = summarise([ONE, replace(ONE, host_cpu_s=0.7, wall_s=14.0), replace(ONE, host_cpu_s=0.6, wall_s=13.0)])
    assert row.host_cpu_s_per_1000_points == pytest.approx(1.8 / 30 * 1000)
    assert (row.n, row.wall_s, row.wall_s_min, row.wall_s_max) == (3, 13.0, 12.0, 14.0)


@pytest.mark.parametrize(
    ("wall_s", "failed", "code"), [(23.9, 0, 0), (24.1, 0, 1), (13.0, 1, 1)], ids=["good", "slow", "failed"]
)
def test_verdict(wall_s: float, failed: int, code: int) -> None:
    most = summarise([replace(ONE, count=100, points=1000, wall_s=wall_s, failed=failed)])
    assert judge([summarise([ONE]), most]) == code
