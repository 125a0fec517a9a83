"""A bench rig without hardware: `make rig-demo` runs this.

Eight virtual boards of two kinds are flashed with PlatformIO, swept in parallel and tested with pytest; one hangs on
purpose in the middle of the sweep, one dies. Prints what became of each and judges it: exit code 0 if all is as it
should be, 1 if something is not, 3 if a command came to no end. All logs and results stay in the folder.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rig_demo_check import Codes, find_wrong, read_stories, summary
from rig_demo_plan import FULL, SHORT, Plan

from mcubench.deadline import Deadline
from mcubench.errors import McubenchError, RigError

__all__ = ["main"]

PROJECT = Path(__file__).parents[1]
UP_S, END_S, LIST_S = 300.0, 30.0, 60.0
MCUBENCH = (sys.executable, "-m", "mcubench")
TEXT = 10  # columns before what a step has to say
INTERRUPTED = 130  # as shells say of a program that Ctrl-C ended


@dataclass(frozen=True)
class Demo:
    """The demo in a folder of its own, which also keeps its locks and latches."""

    plan: Plan
    folder: Path

    def run(self) -> int:
        """Do it all, and return the exit code."""
        start_s = time.monotonic()
        self._prepare()
        with self._rig_up() as up:
            codes = (self._flash(), self._sweep(), self._test())
            self._list()
            up_code = _end(up)
        stories = read_stories(
            self.plan, self.folder / "flash.json", self.folder / "sweep.json", self.folder / "list.json",
            self.folder / "junit.xml",
        )  # fmt: skip
        self._say("", *summary(self.plan, stories), "")
        wrong = find_wrong(self.plan, stories, Codes(*codes, up=up_code))
        took = f"{time.monotonic() - start_s:.0f} s, everything is in {self._shown}"
        self._say(
            *(f"WRONG: {line}" for line in wrong), f"rig-demo: {'FAILED' if wrong else 'all as it should be'}, {took}"
        )
        return 1 if wrong else 0

    def _say(self, *lines: str) -> None:
        """Print lines at once, and keep them."""
        with (self.folder / "demo.txt").open("a", encoding="utf-8") as file:
            for line in lines:
                print(line, flush=True)
                print(line, file=file)

    def _prepare(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.plan.write_rig(self.folder / "rig.toml")
        kinds: dict[str, list[str]] = {}
        for board in self.plan.boards:
            kinds.setdefault(board.board, []).append(board.name)
        self._say(f"A rig of {len(self.plan.boards)} virtual boards on {os.cpu_count()} cores")
        for kind, names in kinds.items():
            self._say(f"{'':{TEXT}}{kind}: {', '.join(names)}")

    @contextmanager
    def _rig_up(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run the boards; however this ends, they end too."""
        self._say(
            "", f"$ export MCUBENCH_RIG={self._shown}/rig.toml", f"$ mcubench rig up {' '.join(self.plan.faults)}"
        )
        log, start_s = self.folder / "up.log", time.monotonic()
        with log.open("wb") as output:
            up = subprocess.Popen(
                [*MCUBENCH, "rig", "up", *self.plan.faults, "--parent-pid", str(os.getpid())],
                **self._settings,
                stdout=output,
                stderr=output,
            )
        try:
            deadline = Deadline.after(UP_S)
            while "\nup: " not in f"\n{log.read_text()}":
                if up.poll() is not None or deadline.expired:
                    raise RigError(f"mcubench rig up: the boards are not up after {UP_S:g} s; see {log}")
                time.sleep(0.1)
            self._say(f"{'':{TEXT}}up in {time.monotonic() - start_s:.0f} s, all flashes erased")
            yield up
        finally:
            _end(up)

    def _flash(self) -> int:
        command = [*MCUBENCH, "flash", "--board", "all", "--json"]
        # What could not be flashed can be neither swept nor tested.
        return self._run("mcubench flash --board all", command, "flash", self.plan.flash_s, usable=(0,))

    def _sweep(self) -> int:
        plan = self.plan
        asked = ("--model", plan.models, "--clock", plan.clocks, "--vectors", str(plan.vectors))
        files = ("--json", str(self.folder / "sweep.json"), "--db", str(self.folder / "sweep.db"))
        command = [*MCUBENCH, "sweep", "--board", "all", *asked, *files]
        return self._run(f"mcubench sweep --board all {' '.join(asked)}", command, "sweep", plan.sweep_s, (0, 1, 3))

    def _test(self) -> int:
        plan = self.plan
        asked = (*plan.suite, "--dut", "all", "--no-flash", "-n", str(plan.jobs))
        files = ("--junit-xml", str(self.folder / "junit.xml"), "--hil-log-dir", str(self.folder / "hil"))
        command = [sys.executable, "-m", "pytest", *asked, *files]
        return self._run(f"pytest {' '.join(asked)}", command, "pytest", plan.suite_s, usable=(0, 1))

    def _list(self) -> None:
        command = [*MCUBENCH, "rig", "list", "--json"]
        (self.folder / "list.json").write_bytes(
            subprocess.run(command, **self._settings, stdout=subprocess.PIPE, timeout=LIST_S, check=True).stdout
        )

    def _run(self, shown: str, command: Sequence[str], name: str, seconds: float, usable: Sequence[int]) -> int:
        """Run a command of the demo and return its exit code; what it says is in a log.

        RigError if it does not end in time, or with a code with which there is nothing to go on with.
        """
        self._say(f"$ {shown}")
        log, answer, start_s = self.folder / f"{name}.log", self.folder / f"{name}.json", time.monotonic()
        with log.open("wb") as said, (answer if name == "flash" else log).open("ab") as output:
            process = subprocess.Popen(command, **self._settings, stdout=output, stderr=said, start_new_session=True)
            try:
                code = process.wait(seconds)
            except subprocess.TimeoutExpired as exc:
                raise RigError(f"{shown}: had not ended after {seconds:g} s; see {log}") from exc
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)  # what it may have left running
                process.wait()
        self._say(f"{'':{TEXT}}exit code {code} after {time.monotonic() - start_s:.0f} s")
        if code not in usable:
            said_last = (log.read_text(errors="replace").strip().splitlines() or ["nothing"])[-1]
            raise RigError(f"{shown}: it ended with exit code {code} and said: {said_last} (all of it: {log})")
        return code

    @property
    def _settings(self) -> dict[str, object]:
        """Where and how commands run: with latches of their own, so that none is left for others to find."""
        return {
            "cwd": PROJECT,
            "env": os.environ
            | {
                "MCUBENCH_RIG": str(self.folder / "rig.toml"),
                "MCUBENCH_STATE_DIR": str(self.folder / "state"),
                "PYTHONUNBUFFERED": "1",  # so that logs can be read while they grow
            },
            "stdin": subprocess.DEVNULL,
        }

    @property
    def _shown(self) -> Path:
        return self.folder.relative_to(PROJECT) if self.folder.is_relative_to(PROJECT) else self.folder


def _end(process: subprocess.Popen[bytes]) -> int:
    """End the boards; return the exit code of what ran them."""
    process.terminate()
    try:
        return process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def main() -> int:
    """Run the demo; trouble is one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="two boards and a part of the suite")
    parser.add_argument("--folder", type=Path, default=PROJECT / "results" / "rig-demo", help="made anew every time")
    arguments = parser.parse_args()
    try:
        return Demo(SHORT if arguments.short else FULL, arguments.folder.resolve()).run()
    except KeyboardInterrupt:
        return INTERRUPTED
    except (McubenchError, OSError, subprocess.SubprocessError) as error:
        sys.stderr.write(f"rig_demo: {error}\n")
        return getattr(error, "exit_code", 3)


if __name__ == "__main__":
    sys.exit(main())
