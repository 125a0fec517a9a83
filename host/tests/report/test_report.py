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
from mcubench.report.columns import outputs_text, score_text
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


RECOVERIES = [
    {"attempt": 1, "doing": "timing", "step": step, "why": "silence", "ok": ok, "took_s": 1.0}
    for step, ok in (("resynchronise", False), ("re-open the port", True), ("re-open the port", True))
]


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


@pytest.mark.parametrize(
    ("exact", "error", "text"),
    [(True, 0.0, "exact"), (False, None, "-"), (False, 1.0, "±1"), (False, 200.0, "±200"), (False, 2.4e-7, "±2e-07")],
)
def test_differences_of_whole_numbers_are_whole_numbers(exact: bool, error: float | None, text: str) -> None:
    assert outputs_text(replace(record(), bit_exact=exact, max_abs_error=error)) == text


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


def test_a_score_says_what_it_is_of_unless_it_is_the_share_of_right_answers() -> None:
    shown = {
        ("top1", 0.98612): "0.986",
        ("auc", 0.98612): "0.986 auc",
        ("mae", 1234.56): "1,235 mae",
        (None, None): "-",
    }
    for (metric, score), text in shown.items():
        assert score_text(replace(record(), metric=metric, score=score)) == text


def test_measured_and_modelled_are_never_in_one_table() -> None:
    text = markdown_text([record(), record(timing="measured")])
    for block in text.split("###")[1:]:
        assert not ("| modelled |" in block and "| measured |" in block)


PC = replace(
    record(timing="measured"), point_id=point_id("native", "generated", "mnist-int8", "host"), board="native",
    address="native", clock_hz=None, clock_verified_hz=None, cycles_median=None, cycles_p95=None, cold_cycles=None,
    latency_us_median=357.0, samples=None, samples_us=[357.0], flash_model_bytes=None,
)  # fmt: skip
TFLM = replace(record(), point_id=point_id("stm32f746", "tflm", "mnist-int8", "216"), engine="tflm")
BOARDS = [replace(record(), main_clock=True, model_macs=2_794_240), record(clock="48", hz=48_000_000), TFLM, PC]


def summary(records: list[Record], width: int = 160) -> list[str]:
    lines = printed(records, width).splitlines()
    return lines[lines.index("All boards, each at its main clock") : lines.index(next(x for x in lines if " on " in x))]


def test_several_boards_are_compared_at_their_main_clocks() -> None:
    rows = [line.split() for line in summary(BOARDS) if "mnist-int8" in line]
    assert [row[1:3] for row in rows] == [["stm32f746", "generated"], ["stm32f746", "tflm"], ["native", "generated"]]
    assert rows[0][3:10] == ["-", "216.0", "3,400,000", "1.22", "15.74", "-", "96,896"]
    assert rows[2][3:10] == ["-", "-", "-", "-", "-", "0.357", "-"]
    assert "All boards" not in printed(RECORDS), "one board needs no comparison"


def test_a_failed_point_is_called_so_in_the_comparison_and_not_drawn() -> None:
    assert "Result" not in summary(BOARDS)[1]
    failed = [*BOARDS[:3], replace(PC, status="failed", error="layers of another output")]
    rows = [line.split() for line in summary(failed) if "mnist-int8" in line]
    assert [row[-1] for row in rows] == ["ok", "ok", "FAILED"]
    assert "native" not in latency_chart(failed)


def test_a_board_without_its_main_clock_is_not_compared_but_has_a_table_of_its_own() -> None:
    lost = replace(TFLM, main_clock=False)
    records = [replace(record(), main_clock=True), lost, replace(PC, main_clock=True)]
    assert [line.split()[1] for line in summary(records) if "mnist-int8" in line] == ["stm32f746", "native"]
    assert "mnist-int8 on stm32f746, engine tflm 1 (modelled)\n" in printed(records)


def test_measured_and_modelled_share_no_column() -> None:
    table = markdown_text(BOARDS).split("###")[1]
    header, _, *rows = [line.split(" | ") for line in table.splitlines() if line.startswith("|")]
    for number, heading in enumerate(header):
        kinds = {row[1] == "native" for row in rows if row[number] not in ("-", "- |")}
        assert not heading.startswith(("Modelled", "Measured")) or len(kinds) == 1, heading


@pytest.mark.parametrize("width", [80, 100, 120])
def test_the_comparison_cuts_no_number(width: int) -> None:
    text = printed(BOARDS, width)
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= width
    assert text.count("3,400,000") == 4


def test_sizes_of_engines_stand_side_by_side() -> None:
    text = printed([record(), replace(TFLM, flash_engine_bytes=40_000)])
    rows = [line.split()[:3] for line in text[text.index("Sizes") :].splitlines() if "mnist" in line]
    assert rows == [["mnist-int8", "stm32f746", "generated"], ["mnist-int8", "stm32f746", "tflm"]]


def test_boards_that_were_lost_stand_at_the_end() -> None:
    lost = ["BLOCKED virtual:nrf52840: 3 of 4 points not measured: it went away"]
    console = Console(file=io.StringIO(), width=120)
    print_report(console, RECORDS, lost)
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue().splitlines()[-1] == lost[0]
    assert markdown_text(RECORDS, lost).endswith(f"### Lost\n\n- {lost[0]}\n")


def test_of_very_many_tables_none_is_printed() -> None:
    boards = [
        replace(each, point_id=point_id(f"f7-{number}", "generated", each.model, each.settings["name"]))
        for number in range(20)
        for each in (record(), record("mnist-float32"), record(clock="48", hz=48_000_000))
    ]
    lines = printed(boards, 160)
    assert "20 tables left out" not in lines
    assert "mnist-int8 on f7-3" in printed(boards[:30])
    more = [replace(each, model=f"{each.model}-2", point_id=f"{each.point_id}-2") for each in boards]
    told = printed([*boards, *more], 160)
    assert "40 tables left out; of one board: mcubench show r --board NAME" in told
    assert "mnist-int8 on f7-3" not in told


def test_csv_of_both_kinds_has_two_columns_for_what_is_timed() -> None:
    rows = list(csv.DictReader(io.StringIO(csv_text(BOARDS))))
    assert (rows[0]["latency_us_median_measured"], rows[3]["latency_us_median_modelled"]) == ("", "")
    assert float(rows[3]["latency_us_median_measured"]) == 357.0
    assert "latency_us_median" not in rows[0]
    assert rows[0]["clock_hz"] == "216000000"


def test_a_pc_is_a_line_across_the_chart() -> None:
    for records in ([PC], BOARDS):
        root = ElementTree.fromstring(latency_chart(records))
        dashed = [element for element in root.iter() if element.get("stroke-dasharray")]
        assert len(dashed) == 2, "in the chart and in the legend"


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


def test_a_point_that_was_disturbed_has_a_note() -> None:
    undisturbed = replace(record(), attempts=1, recoveries=[], interruptions=[])
    assert "NOTE" not in printed([undisturbed, record(clock="48")])
    assert "Notes" not in markdown_text([undisturbed])
    brought_back = replace(undisturbed, recoveries=RECOVERIES)
    again = replace(brought_back, attempts=3, interruptions=["it was reset", "it was reset"])
    for disturbed, words in (
        (brought_back, "the board was brought back by: re-open the port (2)"),
        (again, "measured 3 times, because it was reset; the board was brought back by: re-open the port (2)"),
    ):
        assert f"NOTE {disturbed.point_id}: {words}\n" in printed([disturbed])
        assert f"### Notes\n\n- {disturbed.point_id}: {words}\n" in markdown_text([disturbed])
    crashed = replace(again, status="failed", error="it crashes", recoveries=[])
    assert "NOTE" not in printed([crashed])
