from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest

from mcubench.errors import InputError
from mcubench.store import TIMED_FIELDS, Database, Record, Run, point_id

FULL = Record(
    run_id="r1", point_id=point_id("b", "e", "m", "216"), started_at="2026-01-01T00:00:00.000+00:00",
    status="failed", error="why", address="virtual:b", board_name="b-1",
    board="b", core="c", board_uid="00", engine="e",
    engine_version="1", engine_kernels="dsp", model="m", model_sha256="ff", model_macs=7, firmware_build="f",
    toolchain="gcc", flags="-O3", clock_hz=216_000_000, clock_verified_hz=216_000_001, main_clock=True,
    settings={"name": "216", "icache": "1"}, timing="modelled", timing_model="m7-1", n=3, cycles_min=1,
    cycles_median=2.5, cycles_p95=3, cycles_max=3, cold_cycles=4.0, latency_us_min=0.25, latency_us_median=0.5,
    latency_us_p95=0.75, latency_us_max=1.0, cold_latency_us=2.0, samples=[1, 2, 3], cold_samples=[4],
    samples_us=[0.25, 0.5], layers=[{"index": 0, "op": "CONV_2D", "cycles": 1}],
    layers_unexplained_cycles=1, flash_model_bytes=1, flash_other_models_bytes=0, flash_engine_bytes=2,
    flash_harness_bytes=3, flash_image_bytes=6, ram_static_bytes=7, arena_bytes=8, stack_bytes=9, vectors=300,
    metric="top1", score=0.5, score_threshold=0.95, bit_exact=False, outputs_sha256="ab", max_abs_error=1e-6,
    payload_bytes=1, wire_tx_bytes=2, wire_rx_bytes=3, retransmits=0, link_baud=2_000_000,
    board_crc_errors=4, host_crc_errors=5, overruns=0, attempts=2, interruptions=["it was reset"],
    recoveries=[{"attempt": 1, "doing": "timing", "step": "soft reset", "why": "silence", "ok": True, "took_s": 0.1}],
    elapsed_s=0.1,
)  # fmt: skip
EMPTY = Record(
    run_id="r1", point_id="empty", started_at="t", board="b", core="c", board_uid="00", engine="e", engine_version="1",
    model="m", model_sha256="ff", firmware_build="f", toolchain="gcc", flags="", timing="measured",
)  # fmt: skip
NEW_IN_VERSION_2 = {
    "address", "engine_kernels", "model_macs", "main_clock", "latency_us_min", "latency_us_p95", "latency_us_max",
    "cold_latency_us", "samples_us", "outputs_sha256",
}  # fmt: skip
NEW_IN_VERSION_3 = {
    "link_baud", "board_crc_errors", "host_crc_errors", "overruns", "attempts", "interruptions", "recoveries",
}  # fmt: skip
NEW_IN_VERSION_4 = {"board_name"}
RUN = Run("r1", "2026-01-01", "mcubench sweep", {"models": ["m"], "vectors": 300}, {"board uid": "00"})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "results" / "test.db"


def test_the_examples_between_them_use_every_field() -> None:
    assert all(getattr(FULL, field.name) is not None for field in fields(Record))
    assert EMPTY.settings == {}
    assert [field.name for field in fields(Record) if getattr(EMPTY, field.name) == 0] == []


def test_every_field_is_explained() -> None:
    text = (Path(__file__).parents[3] / "docs" / "usage.md").read_text()
    assert [field.name for field in fields(Record) if f"`{field.name}`" not in text] == []
    assert {field.name for field in fields(Record)} >= TIMED_FIELDS


def test_records_come_back_as_they_went_in(path: Path) -> None:
    with Database(path) as database:
        database.add_run(RUN)
        database.add_record(FULL)
        database.add_record(EMPTY)
    with Database(path) as database:
        assert database.runs() == [RUN]
        assert database.records("r1") == [FULL, EMPTY]
        assert database.records("r2") == []
        assert database.records("r1")[0].bit_exact is False


def test_what_became_of_a_run_replaces_what_was_stored(path: Path) -> None:
    with Database(path) as database:
        database.add_run(RUN)
        found = replace(RUN, identity={"board uid": "01"}, lost=["b: not measured: it went away"])
        database.update_run(found)
        assert database.runs() == [found]


WITHOUT_LOST = "run_id TEXT PRIMARY KEY, started_at, command, request, identity"
OLD = {
    1: (NEW_IN_VERSION_2 | NEW_IN_VERSION_3 | NEW_IN_VERSION_4, WITHOUT_LOST),
    2: (NEW_IN_VERSION_3 | NEW_IN_VERSION_4, f"{WITHOUT_LOST}, lost TEXT"),
    3: (NEW_IN_VERSION_4, f"{WITHOUT_LOST}, lost TEXT"),
}


@pytest.mark.parametrize("version", OLD)
def test_a_database_of_an_earlier_version_is_read_and_continued(path: Path, version: int) -> None:
    unknown, runs = OLD[version]
    old = [field.name for field in fields(Record) if field.name not in unknown]
    path.parent.mkdir(parents=True)
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE records ({', '.join(old)}, UNIQUE (run_id, point_id))")
        connection.execute(f"CREATE TABLE runs ({runs})")
        connection.execute(
            "INSERT INTO runs (run_id, started_at, command, request, identity)"
            " VALUES ('r1', '2026-01-01', 'mcubench sweep', '{}', '{}')"
        )
        connection.execute(
            "INSERT INTO records (run_id, point_id, started_at, status, board, core, board_uid, engine, engine_version,"
            " model, model_sha256, firmware_build, toolchain, flags, settings, timing)"
            " VALUES ('r1', 'old', 't', 'ok', 'b', 'c', '00', 'e', '1', 'm', 'ff', 'f', 'gcc', '', '{}', 'measured')"
        )
        connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    with Database(path) as database:
        database.add_record(FULL)
        assert database.records("r1") == [replace(EMPTY, point_id="old"), FULL]
        assert database.runs()[0].lost == []
    with Database(path) as database:
        assert len(database.records("r1")) == 2


def test_lost_boards_of_an_earlier_version_are_told_as_they_are_now(path: Path) -> None:
    with Database(path) as database:
        database.add_run(replace(RUN, lost=["b: 1 of 2 points not measured: it went away"]))
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 3")
    connection.close()
    for _ in range(2):
        with Database(path) as database:
            assert database.runs()[0].lost == ["BLOCKED b: 1 of 2 points not measured: it went away"]


def test_a_blocked_point_is_replaced_once_it_is_measured_or_blocked_again(path: Path) -> None:
    blocked = replace(EMPTY, status="blocked", error="its board was lost")
    with Database(path) as database:
        database.add_record(blocked, replace(blocked, point_id="other"))
        database.add_record(replace(blocked, error="lost again"))
        database.add_record(EMPTY)
        assert database.records("r1") == [replace(blocked, point_id="other"), EMPTY]
        with pytest.raises(InputError, match="UNIQUE"):
            database.add_record(blocked)
        assert database.records("r1") == [replace(blocked, point_id="other"), EMPTY]


def test_unknown_is_null_in_sql_too(path: Path) -> None:
    with Database(path) as database:
        database.add_record(EMPTY)
    with sqlite3.connect(path) as connection:
        row = connection.execute("SELECT cycles_median, samples, bit_exact FROM records").fetchone()
    connection.close()
    assert row == (None, None, None)


def test_a_point_is_stored_once(path: Path) -> None:
    with Database(path) as database:
        database.add_record(FULL)
        with pytest.raises(InputError, match="UNIQUE"):
            database.add_record(replace(FULL, elapsed_s=9.0))
        database.add_record(replace(FULL, run_id="r2"))
        assert database.records("r1") == [FULL]


def test_runs_are_found_by_the_beginning_of_their_id(path: Path) -> None:
    with Database(path) as database:
        with pytest.raises(InputError, match="no runs in it yet"):
            database.find_run(None)
        for run_id in ("20260101-aaaa", "20260102-bbbb"):
            database.add_run(replace(RUN, run_id=run_id))
        assert database.find_run(None).run_id == "20260102-bbbb"
        assert database.find_run("20260101").run_id == "20260101-aaaa"
        with pytest.raises(InputError, match="several runs begin with '2026'"):
            database.find_run("2026")
        with pytest.raises(InputError, match="no run begins with 'x'; the last are"):
            database.find_run("x")


@pytest.mark.parametrize("content", [b"not a database at all, but long enough to look at" * 20, None])
def test_what_is_no_result_database_is_an_input_error(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "x.db"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"x\.db"):
        Database(path)


def test_the_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE addresses (name TEXT)")
    connection.close()
    with pytest.raises(InputError, match="not a result database"):
        Database(path)


WRITER = """
import itertools, json, sys
from pathlib import Path
from mcubench.store import TIMED_FIELDS, Database, Record
record = json.loads(sys.argv[2])
with Database(Path(sys.argv[1])) as database:
    for number in itertools.count():
        database.add_record(Record(**(record | {"point_id": str(number), "samples": list(range(2000))})))
        print(number, flush=True)
"""


@pytest.mark.parametrize("change", ["UPDATE records SET layers = 'x'", "UPDATE runs SET request = x'ff'"])
def test_a_cell_that_somebody_altered_is_one_line(path: Path, change: str) -> None:
    with Database(path) as database:
        database.add_run(Run("r1", "t", "mcubench sweep", {}, {}))
        database.add_record(FULL)
    with sqlite3.connect(path) as connection:
        connection.execute(change)
    with Database(path) as database, pytest.raises(InputError, match="a cell is not as mcubench writes it") as caught:
        database.records(database.find_run(None).run_id)
    assert "\n" not in str(caught.value)


def test_a_killed_writer_leaves_whole_rows_and_nothing_else(path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(path), json.dumps(FULL.as_dict())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        while int(writer.stdout.readline()) < 5:
            pass
        writer.kill()
    with Database(path) as database:
        records = database.records("r1")
        database.add_record(EMPTY)
    assert len(records) >= 6
    assert [record.point_id for record in records] == [str(number) for number in range(len(records))]
    assert all(record.samples == list(range(2000)) for record in records)
