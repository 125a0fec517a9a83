from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from mcubench.report import WordColumn, print_words

COLUMNS = (
    WordColumn("Name"),
    WordColumn("Id", spare=2),
    WordColumn("Port", spare=1),
    WordColumn("State", least=30),
)
WHY = "latched broken: " + "it did not answer after a reset, " * 6
ROWS = [("disco-1", "7669727475616c0000000001", "/dev/ttyACM0", WHY), ("[b]nrf-1", None, None, "free")]


def printed(width: int, columns: tuple[WordColumn, ...] = COLUMNS) -> list[str]:
    console = Console(width=width, file=StringIO())
    print_words(console, "2 boards in a file with quite a long name", columns, ROWS)
    assert isinstance(console.file, StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines() if line.strip()]


@pytest.mark.parametrize(
    ("width", "headings"),
    [
        (120, ["Name", "Id", "Port", "State"]),
        (60, ["Name", "Port", "State"]),
        (44, ["Name", "State"]),
        (30, ["Name", "State"]),
    ],
)
def test_columns_are_left_out_where_there_is_no_room_and_a_long_reason_is_cut(width: int, headings: list[str]) -> None:
    title, shown, rule, first, second = printed(width)
    assert title == "2 boards in a file with quite a long name"
    assert shown.split() == headings
    assert all(len(line) <= width for line in (shown, rule, first, second))
    assert first.split()[0] == "disco-1"
    assert first.endswith("…")
    assert ("/dev/ttyACM0" in first) == ("Port" in headings)
    assert (second.split()[0], second.split()[-1]) == ("[b]nrf-1", "free")


def test_what_has_room_is_whole() -> None:
    assert WHY.strip() in printed(300)[3]
    assert [word for word in printed(300)[4].split() if word == "-"] == ["-", "-"]


def test_a_column_that_wraps_has_its_words_whole() -> None:
    lines = printed(60, (*COLUMNS[:3], WordColumn("State", least=30, wraps=True)))
    assert all(len(line) <= 60 for line in lines)
    assert lines[1].split() == ["Name", "Port", "State"]
    told = " ".join(line[line.find("latched") if "latched" in line else 0 :].strip() for line in lines[3:-1])
    assert told == WHY.strip()
