"""tools/setup.sh on machines that lack something: stand-ins for Python, pip and the compiler, no network."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "tools" / "setup.sh"
NEEDED = ["bash", "cat", "chmod", "dirname", "env", "grep", "head", "id", "mkdir", "rm", "tail"]

# Answers as CPython 3.11 does to what the script asks, and `-m venv` makes an environment whose Python is itself.
PYTHON = """#!/usr/bin/env bash
case "$*" in
  --version) echo "Python {version}" ;;
  *sys.version_info*) exit {too_old} ;;
  *ensurepip*) exit {no_venv} ;;
  "-m venv .venv") mkdir -p .venv/bin && cat "$0" > .venv/bin/python && chmod +x .venv/bin/python
                   echo "#!/usr/bin/env bash" > .venv/bin/pio && chmod +x .venv/bin/pio ;;
  "-m pip"*) {pip} ;;
esac
"""
COMPILER = """#!/usr/bin/env bash
case "$1" in
  -print-file-name=libc.a) echo {libc} ;;
  -dumpfullversion) echo 12.2.1 ;;
esac
"""


@dataclass(frozen=True)
class Machine:
    """A folder with the project's script, and all that its PATH has."""

    folder: Path

    def install(self, name: str, text: str) -> None:
        path = self.folder / "bin" / name
        path.write_text(text)
        path.chmod(0o755)

    def install_python(self, version: str = "3.11.2", too_old: int = 0, no_venv: int = 0, pip: str = "true") -> None:
        self.install("python3", PYTHON.format(version=version, too_old=too_old, no_venv=no_venv, pip=pip))

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": str(self.folder / "bin"), "HOME": str(self.folder)}
        command = [str(self.folder / "bin" / "bash"), "tools/setup.sh", "python3", *arguments]
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=30, check=False
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    for folder in ("bin", "tools"):
        (tmp_path / folder).mkdir()
    shutil.copy(SCRIPT, tmp_path / "tools")
    for name in NEEDED:
        found = shutil.which(name)
        assert found is not None
        (tmp_path / "bin" / name).symlink_to(found)
    made = Machine(tmp_path)
    made.install_python()
    made.install("arm-none-eabi-gcc", COMPILER.format(libc="/usr/lib/libc.a"))
    return made


def test_machine_with_everything_gets_ready(machine: Machine) -> None:
    done = machine.run()
    assert (done.returncode, done.stderr) == (0, "")
    assert "setup: arm-none-eabi-gcc 12.2.1" in done.stdout.splitlines()
    assert done.stdout.splitlines()[-1] == "setup: ready"


def test_old_python_is_one_line(machine: Machine) -> None:
    machine.install_python(version="3.10.9", too_old=1)
    done = machine.run()
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        "setup: Python 3.11 or later is needed, 'python3' is Python 3.10.9: run make PYTHON=/path/to/python3.11\n"
    )


def test_missing_compiler_without_apt_is_one_line(machine: Machine) -> None:
    (machine.folder / "bin" / "arm-none-eabi-gcc").unlink()
    done = machine.run()
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "apt install gcc-arm-none-eabi libnewlib-arm-none-eabi" in done.stderr


def test_compiler_without_c_library_is_missing_too(machine: Machine) -> None:
    machine.install("arm-none-eabi-gcc", COMPILER.format(libc="libc.a"))
    assert "its C library is missing" in machine.run().stderr


def test_compiler_comes_from_apt_where_that_is_possible(machine: Machine) -> None:
    (machine.folder / "bin" / "arm-none-eabi-gcc").unlink()
    compiler = machine.folder / "bin" / "arm-none-eabi-gcc"
    unpack = f"cat > {compiler} <<'END'\n{COMPILER.format(libc='/usr/lib/libc.a')}END\nchmod +x {compiler}\n"
    machine.install("apt-get", f"#!/usr/bin/env bash\n[ $1 = install ] || exit 0\n{unpack}")
    (machine.folder / "bin" / "id").unlink()
    machine.install("id", "#!/usr/bin/env bash\necho 0\n")
    done = machine.run()
    assert (done.returncode, done.stderr) == (0, "")
    assert "setup: installing gcc-arm-none-eabi libnewlib-arm-none-eabi with apt-get" in done.stdout


def test_missing_venv_module_says_which_package(machine: Machine) -> None:
    machine.install_python(no_venv=1)
    done = machine.run()
    assert done.returncode == 1
    assert "apt install python3-venv" in done.stderr


def test_failing_pip_shows_its_error_and_where_the_rest_is(machine: Machine) -> None:
    machine.install_python(pip="echo 'Looking around'; echo 'ERROR: No matching distribution'; exit 1")
    done = machine.run()
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == "ERROR: No matching distribution"
    assert "is PyPI reachable?" in done.stderr
    assert ".venv/setup.log" in done.stderr


def test_labgrid_that_cannot_be_had_is_said_and_stops_nothing(machine: Machine) -> None:
    (machine.folder / ".venv").mkdir()
    done = machine.run("far")
    assert (done.returncode, done.stderr) == (0, "")
    assert "setup: no labgrid: tests skip it" in done.stdout
    assert not (machine.folder / ".venv" / "labgrid").exists()
