from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ElementTree
from dataclasses import fields, replace
from pathlib import Path

import pytest
from rich.console import Console

from mcubench.errors import InputError
from mcubench.report import csv_text, json_text, latency_chart, markdown_text, print_report, write_text
from mcubench.store import Record, point_id


def record(model: str = "mnist-int8", clock: str = "216", hz: int = 216_000_000, timing: str = "modelled") -> Record:
    return Record(
        run_id="r", point_id=point_id("stm32f746", "generated", model, clock), started_at="t", board="stm32f746",
        core="cortex-m7", board_uid="00", engine="generated", engine_version="1", model=model, model_sha256="f",
        firmware_build="b", toolchain="gcc", flags="-O3", clock_hz=hz, clock_verified_hz=hz, timing=timing,
        settings={"name": clock}, n=20, cycles_min=1, cycles_median=3_400_000, cycles_p95=3_400_001, cycles_max=2,
        cold_cycles=3_500_000, latency_us_median=3_400_000 / hz * 1e6,
        cold_latency_us=3_500_000 / hz * 1e6, samples=[1, 2], vectors=300, score=0.9933,
        bit_exact=True, max_abs_error=0.0, flash_model_bytes=96_896, stack_bytes=676,
    )  # fmt: skip


FAILED = replace(
    record(clock="16", hz=16_000_000), status="failed", error="3 of 30 outputs differ", cycles_median=None,
    latency_us_median=None, cycles_p95=None, cold_cycles=None, cold_latency_us=None, bit_exact=False,
)  # fmt: skip
RECORDS = [record(), record(clock="216-nocache"), record(clock="48", hz=48_000_000), record("mnist-float32"), FAILED]


def printed(records: list[Record], width: int = 120) -> str:
    console = Console(file=io.StringIO(), width=width)
    print_report(console, records)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_table_has_a_row_per_point_slowest_clock_first() -> None:
    lines = printed(RECORDS).splitlines()
    int8 = lines[next(number for number, line in enumerate(lines) if line.startswith("mnist-int8 on")) :]
    rows = [line.split() for line in int8 if "modelled" in line][1:]
    assert [row[0] for row in rows] == ["16", "48", "216", "216-nocache"]
    assert rows[2] == [
        "216",
        "216.0",
        "216.0",
        "3,400,000",
        "3,400,001",
        "15.74",
        "16.20",
        "300",
        "exact",
        "0.993",
        "modelled",
        "ok",
    ]


@pytest.mark.parametrize("width", [80, 90, 100, 120])
def test_where_there_is_little_room_columns_go_and_no_number_is_cut(width: int) -> None:
    text = printed(RECORDS, width)
    assert "…" not in text
    assert "3,400,000" in text
    assert ("3,400,001" in text) == (width >= 100)


def test_unknown_is_a_dash_and_failed_points_say_why() -> None:
    text = printed(RECORDS)
    row = next(line for line in text.splitlines() if line.split()[:2] == ["16", "16.0"])
    assert row.split()[3:7] == ["-", "-", "-", "-"]
    assert row.split()[-1] == "FAILED"
    assert "FAILED stm32f746/generated/mnist-int8/16: 3 of 30 outputs differ" in text


def test_measured_and_modelled_are_never_in_one_table() -> None:
    text = markdown_text([record(), record(timing="measured")])
    for block in text.split("###")[1:]:
        assert not ("| modelled |" in block and "| measured |" in block)


def test_a_report_of_nothing_can_be_printed() -> None:
    assert "Sizes" in printed([])
    assert "no point has a latency" in latency_chart([])
    assert json.loads(json_text([])) == []


def test_json_holds_every_field_and_null_for_unknown() -> None:
    rows = json.loads(json_text(RECORDS))
    assert list(rows[0]) == [field.name for field in fields(Record)]
    assert rows[4]["latency_us_median"] is None
    assert [Record(**row) for row in rows] == RECORDS


def test_csv_holds_every_field_and_an_empty_cell_for_unknown() -> None:
    rows = list(csv.DictReader(io.StringIO(csv_text(RECORDS))))
    assert list(rows[0]) == [field.name for field in fields(Record)]
    assert (rows[0]["bit_exact"], rows[4]["bit_exact"], rows[4]["latency_us_median"]) == ("1", "0", "")
    assert json.loads(rows[0]["samples"]) == [1, 2]


def test_markdown_tables_are_whole() -> None:
    lines = [line for line in markdown_text([replace(record(), engine_version="1|2")]).splitlines() if "|" in line]
    tables = [line for line in lines if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in tables} == {13, 10}


def test_the_chart_is_an_svg_with_a_dot_for_every_known_latency() -> None:
    root = ElementTree.fromstring(latency_chart([*RECORDS, replace(record("a<b&c"), point_id='x/y/z/"216')]))
    names = [element.tag.rpartition("}")[2] for element in root.iter()]
    assert names.count("circle") == 5
    assert names.count("polyline") == 3
    assert any("a<b&c" in (element.text or "") for element in root.iter())


def test_one_point_makes_a_chart_too() -> None:
    ElementTree.fromstring(latency_chart([record()]))


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "out.json"
    write_text(path, "first")
    write_text(path, "second")
    assert path.read_text() == "second"
    assert [each.name for each in path.parent.iterdir()] == ["out.json"]


def test_a_file_that_cannot_be_written_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"out\.json: cannot be written"):
        write_text(tmp_path / "file" / "out.json", "x")
    with pytest.raises(InputError, match="cannot be written"):
        write_text(tmp_path, "x")
