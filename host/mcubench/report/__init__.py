"""Table, JSON, CSV, Markdown and chart out of records."""

from __future__ import annotations

from mcubench.report.chart import latency_chart
from mcubench.report.files import csv_text, json_text, write_text
from mcubench.report.markdown import markdown_text
from mcubench.report.table import print_report, report_console
from mcubench.report.versus import Pair, Versus, print_versus, versus_dict, versus_markdown, versus_of
from mcubench.report.words import WordColumn, print_words

__all__ = [
    "Pair",
    "Versus",
    "WordColumn",
    "csv_text",
    "json_text",
    "latency_chart",
    "markdown_text",
    "print_report",
    "print_versus",
    "print_words",
    "report_console",
    "versus_dict",
    "versus_markdown",
    "versus_of",
    "write_text",
]
