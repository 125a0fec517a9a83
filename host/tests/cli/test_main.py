from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from mcubench import store
from mcubench.cli import COMMANDS

Run = Callable[..., subprocess.CompletedProcess[str]]
HEAVY = ("numba", "unicorn", "numpy", "serial", "rich")


def test_help_names_every_command_and_imports_nothing_heavy() -> None:
    code = (
        "import sys, mcubench.cli; sys.argv[1:] = ['--help']\n"
        "try: mcubench.cli.main()\n"
        f"finally: print([each for each in {HEAVY} if each in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr.strip()) == (0, "[]")
    assert all(f"\n  {name} " in done.stdout for name in COMMANDS)


def test_every_command_explains_itself(mcubench: Run) -> None:
    for name in COMMANDS:
        done = mcubench(name, "--help")
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(f"Usage: mcubench {name}")


def test_boards_lists_known_boards(mcubench: Run) -> None:
    assert "virtual:stm32f746" in mcubench("boards").stdout.replace("\n", "")
    listing = json.loads(mcubench("boards", "--json").stdout)
    known = {board["name"]: board for board in listing["known"]}
    assert list(known) == ["stm32f746", "nrf52840", "esp32", "cortex-m0", "native", "python"]
    assert known["python"]["engines"] == ["tflm", "litert"]
    assert isinstance(listing["attached"], list)


def test_verbose_shows_where_an_error_comes_from(mcubench: Run) -> None:
    done = mcubench("-v", "sweep", "--port", "/dev/nosuch", "--model", "mnist-int8")
    assert done.returncode == 2
    assert "Traceback" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("mcubench: /dev/nosuch: no such port")


def test_a_reader_who_leaves_early_is_no_failure(tmp_path: Path) -> None:
    database = tmp_path / "results.db"
    with store.Database(database) as opened:
        opened.add_run(store.Run("20260101-000000-abcd", "2026-01-01T00:00:00+00:00", "mcubench sweep", {}, {}))
    command = [sys.executable, "-m", "mcubench", "show", "--db", str(database)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0
