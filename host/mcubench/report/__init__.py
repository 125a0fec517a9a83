"""Table, JSON, CSV, Markdown and chart out of records."""

from __future__ import annotations

from mcubench.report.chart import latency_chart
from mcubench.report.files import csv_text, json_text, write_text
from mcubench.report.markdown import markdown_text
from mcubench.report.table import print_report, report_console

__all__ = ["csv_text", "json_text", "latency_chart", "markdown_text", "print_report", "report_console", "write_text"]
