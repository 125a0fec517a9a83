"""Somebody's own project: the package from its wheel in a fresh environment, a three-line test, nothing from here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from mcubench.deadline import Deadline

ROOT = Path(__file__).parents[3]
CHIP, MODEL = "stm32f746", "mnist-int8"
PACKAGED = ("host/mcubench", "pyproject.toml", "README.md", "LICENSE")

# The user's whole test file.
TEST = """\
def test_latency(dut):
    assert dut.run("mnist-int8").latency_us.p95 < 20_000
"""
# Not needed by the user: it leaves for us where everything was imported from.
CONFTEST = """\
import sys
from pathlib import Path

def pytest_sessionfinish():
    files = (getattr(module, "__file__", None) for module in sys.modules.values())
    Path("imported.txt").write_text("\\n".join(sorted(set(filter(None, files)))))
"""
RIG = """\
[[boards]]
name = "left"
board = "stm32f746"
id = "7669727475616c2d6c656674"
runner = "virtual"
serial = "shelf/left.pty"
probe_id = "shelf/left.socket"
"""
# What pip says when there is no network; any other trouble of it is one of ours.
NO_NETWORK = (
    "NewConnectionError",
    "ConnectTimeoutError",
    "NameResolutionError",
    "Temporary failure in name resolution",
)
INSTALL_S, RUN_S = 280.0, 120.0

pytestmark = pytest.mark.timeout(600)  # the packages come over the network


@dataclass(frozen=True)
class Installed:
    """An environment that has the package from its wheel, and a project beside it."""

    environment: Path
    project: Path

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*command), cwd=self.project, env=self.variables, capture_output=True, text=True, timeout=RUN_S
        )

    def command(self, program: str, *arguments: str) -> list[str]:
        return [str(self.environment / "bin" / program), *arguments]

    @property
    def variables(self) -> dict[str, str]:
        """What a login shell has, and nothing that leads back here."""
        return {
            "PATH": f"{self.environment}/bin:/usr/bin:/bin",
            "HOME": str(self.environment.parent),
            "MCUBENCH_STATE_DIR": str(self.environment.parent / "state"),
        }

    @contextmanager
    def rig_up(self) -> Iterator[None]:
        """Run the virtual board of the project's rig file, with its firmware."""
        command = self.command("mcubench", "rig", "up", "--firmware", f"{CHIP}=firmware.elf")
        said = self.project / "up.log"
        with said.open("w") as output:
            process = subprocess.Popen(
                [*command, "--parent-pid", str(os.getpid())], cwd=self.project, env=self.variables, stdout=output
            )
        try:
            deadline = Deadline.after(RUN_S)
            while "up: 1 board\n" not in said.read_text():
                assert process.poll() is None
                assert not deadline.expired, said.read_text()
                time.sleep(0.1)
            yield
        finally:
            process.terminate()
            process.wait(RUN_S)


def _pip(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input", *arguments],
        capture_output=True,
        text=True,
        timeout=INSTALL_S,
    )
    if done.returncode and any(words in done.stderr for words in NO_NETWORK):
        pytest.skip("the Python package index cannot be reached, which has what the package needs")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The package from its wheel with the extras hil and virtual, and the project."""
    folder = tmp_path_factory.mktemp("user")
    # Built elsewhere, because setuptools keeps what it has once built beside the sources, and packs that again.
    for name in PACKAGED:
        source, target = ROOT / name, folder / "source" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    _pip("wheel", "--no-deps", "--wheel-dir", str(folder), str(folder / "source"))
    (wheel,) = folder.glob("mcubench-*.whl")
    shutil.rmtree(folder / "source")
    environment = folder / "environment"
    # Without a pip of its own, and compiled only when it is imported: that takes half the time.
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True, timeout=INSTALL_S)
    _pip("--python", str(environment), "install", "--no-compile", f"mcubench[hil,virtual] @ {wheel.as_uri()}")

    project = folder / "project"
    shutil.copytree(ROOT / "models" / MODEL, project / "networks" / MODEL)
    shutil.copy(ROOT / ".pio" / "build" / f"{CHIP}-local" / "firmware.elf", project)
    for name, text in (("test_latency.py", TEST), ("conftest.py", CONFTEST), ("rig.toml", RIG)):
        (project / name).write_text(text)
    return Installed(environment, project)


def _cases(path: Path) -> dict[str, dict[str, str]]:
    """Return the properties of each test case of a JUnit file, by name."""
    return {
        str(case.get("name")): {str(each.get("name")): str(each.get("value")) for each in case.iter("property")}
        for case in ElementTree.parse(path).iter("testcase")
    }


def test_three_lines_on_a_virtual_board(installed: Installed) -> None:
    done = installed.run(
        "pytest", "--virtual", CHIP, "--firmware", "firmware.elf", "--models", "networks", "--junit-xml", "one.xml"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    told = _cases(installed.project / "one.xml")["test_latency"]
    assert (told["board"], told["timing"], told["outcome"]) == (CHIP, "modelled", "passed")
    assert told["model_sha256"].startswith(f"{MODEL}=")
    assert len(told["firmware_build"]) == 16

    imported = (installed.project / "imported.txt").read_text().splitlines()
    assert [file for file in imported if file.startswith(str(ROOT))] == []
    of_ours = [file for file in imported if "/mcubench/" in file]
    assert of_ours
    assert all(file.startswith(str(installed.environment)) for file in of_ours)


def test_three_lines_on_a_board_of_a_rig(installed: Installed) -> None:
    with installed.rig_up():
        done = installed.run("pytest", "--dut", "all", "--models", "networks", "--junit-xml", "rig.xml")
    assert done.returncode == 0, done.stdout + done.stderr
    (properties,) = _cases(installed.project / "rig.xml").values()
    assert (properties["board_name"], properties["board_uid"]) == ("left", "7669727475616c2d6c656674")
    assert properties["outcome"] == "passed"


@pytest.mark.parametrize("words", [["--help"], ["rig", "--help"], ["rig", "list"]], ids=" ".join)
def test_command_line_works_from_the_wheel(installed: Installed, words: list[str]) -> None:
    done = installed.run("mcubench", *words)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout
