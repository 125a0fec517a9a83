"""The pytest plugin: boards as fixtures, for the suite in `hil_tests/` and for suites of your own (docs/hil.md)."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from mcubench.pytest_plugin.fixtures import dut, latency_baseline, measure, models_folder, record_metric, rig, wire
from mcubench.pytest_plugin.options import add_markers, add_options
from mcubench.pytest_plugin.reporting import make_report

__all__ = ["dut", "latency_baseline", "measure", "models_folder", "record_metric", "rig", "wire"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the plugin's options."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Register the plugin's markers, and refuse what cannot work."""
    add_markers(config)
    if getattr(config.option, "numprocesses", None) and (config.option.port or config.option.update_baseline):
        raise pytest.UsageError("--port and --update-baseline need one process; leave -n out")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that uses a board `hil`."""
    for item in items:
        if "rig" in getattr(item, "fixturenames", ()):
            item.add_marker("hil")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell rig trouble from wrong results."""
    return (yield from make_report(item, call))
