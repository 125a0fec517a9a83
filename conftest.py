"""How `pytest -n` shares out the tests of this repository."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.hookimpl(optionalhook=True)  # only pytest-xdist asks for it
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep the HIL suite in one process, where it shares one board and one sweep, and every other file in one."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file: str = super()._split_scope(nodeid)
            return "hil_tests" if file.startswith("hil_tests/") else file

    return Scheduling(config, log)
