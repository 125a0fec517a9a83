"""Files of records, written anew while more come in."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from mcubench.cli.outputs import Outputs
from mcubench.store import Record

# So long the first writing takes here, and ten times as long no other is begun: the test's own steps are far shorter.
SLOW_S = 0.2


def record(clock: str) -> Record:
    return Record(
        run_id="r",
        point_id=f"scripted/scripted/m/{clock}",
        started_at="2026-11-21T00:00:00Z",
        address="port",
        board="scripted",
        core="scripted",
        board_uid="7669727475616c",
        engine="scripted",
        engine_version="1",
        model="m",
        model_sha256="00",
        model_macs=None,
        firmware_build="b",
        toolchain="none",
        flags="none",
        main_clock=True,
        timing="modelled",
    )


class Slow:
    """Records that take a while to read."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.readings = 0

    def __call__(self) -> list[Record]:
        self.readings += 1
        time.sleep(SLOW_S)
        return self.records


def test_writing_takes_a_small_part_of_the_time_and_leaves_nothing_out(tmp_path: Path) -> None:
    slow, file = Slow(), tmp_path / "o.json"
    with Outputs({"json": file}).kept_fresh(slow) as refresh:
        for clock in range(50):
            slow.records.append(record(str(clock)))
            refresh()
        assert slow.readings == 1
        assert len(json.loads(file.read_text())) == 1
    assert slow.readings == 2
    assert len(json.loads(file.read_text())) == 50


def test_sweep_that_fails_leaves_all_that_was_measured(tmp_path: Path) -> None:
    slow, file = Slow(), tmp_path / "o.json"
    with pytest.raises(KeyboardInterrupt), Outputs({"json": file}).kept_fresh(slow) as refresh:
        for clock in ("50", "100"):
            slow.records.append(record(clock))
            refresh()
        raise KeyboardInterrupt
    assert len(json.loads(file.read_text())) == 2


def test_file_that_is_complete_is_not_written_again(tmp_path: Path) -> None:
    slow = Slow()
    with Outputs({"json": tmp_path / "o.json"}).kept_fresh(slow) as refresh:
        refresh()
    assert slow.readings == 1
