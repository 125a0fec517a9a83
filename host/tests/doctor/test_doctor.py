"""Doctor on this machine, and on machines that lack something."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from click.testing import CliRunner

from mcubench import doctor
from mcubench.cli.doctor import command
from mcubench.doctor import Finding, examine, virtual_board_works
from mcubench.link.discover import AttachedPort


def finding(part: str) -> Finding:
    return next(each for each in examine() if each.part == part)


def test_what_is_missing_comes_with_what_to_do() -> None:
    for each in examine():
        assert each.found
        assert each.good or each.remedy


def test_installed_packages_are_listed_with_their_versions() -> None:
    assert finding("packages").good
    assert f"click {metadata.version('click')}" in finding("packages").found
    assert f"pytest {metadata.version('pytest')}" in finding("packages [dev]").found


def test_missing_package_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "requires", lambda _name: ['nosuchpackage>=1; extra == "virtual"'])
    found = finding("packages [virtual]")
    assert (found.good, found.found) == (False, "missing: nosuchpackage")
    assert "mcubench[virtual]" in found.remedy
    assert not virtual_board_works(examine())


def test_folder_outside_the_project_has_neither_models_nor_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MCUBENCH_MODELS", raising=False)
    assert not finding("models").good
    assert finding("firmware image") == Finding("firmware image", False, "not built", "make firmware")
    result = CliRunner().invoke(command, ["--json"])
    assert result.exit_code == 3
    answer = json.loads(result.output)
    assert answer["virtual_board_works"] is False
    assert {"part", "good", "found", "remedy", "optional"} == answer["findings"][0].keys()


def test_file_that_is_no_elf_is_no_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MCUBENCH_MODELS", str(Path(__file__).parents[3] / "models"))
    monkeypatch.setattr(doctor, "BUILD", tmp_path)
    (tmp_path / "stm32f746-local").mkdir()
    (tmp_path / "stm32f746-local" / "firmware.elf").write_bytes(b"not an ELF")
    found = finding("firmware image")
    assert not found.good
    assert "expected an ELF file" in found.found


def test_every_image_of_a_virtual_board_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MCUBENCH_MODELS", raising=False)
    assert finding("image nrf52840-local").remedy == "make firmware"
    assert "pio run -e nrf52840-tflm-local" in finding("image nrf52840-tflm-local").remedy
    assert "MCUBENCH_LIB_DIR" in finding("image nrf52840-tflm-local").remedy
    assert finding("native board") == Finding("native board", False, "not built", "make firmware")


def test_missing_compiler_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = finding("arm-none-eabi-gcc")
    assert not found.good
    assert "apt install gcc-arm-none-eabi" in found.remedy
    # A virtual board runs an image that is there, whatever built it.
    assert "arm-none-eabi-gcc" not in doctor.NEEDED_FOR_VIRTUAL


@pytest.mark.parametrize("script", ["#!/bin/sh\nexit 1\n", "#!/nosuch/interpreter\n"])
def test_compiler_that_does_not_run_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str) -> None:
    broken = tmp_path / "arm-none-eabi-gcc"
    broken.write_text(script)
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "does not run" in finding("arm-none-eabi-gcc").found


def test_port_without_permission_names_its_group(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    device = tmp_path / "ttyACM0"
    device.touch()
    port = AttachedPort(str(device), "STM32 STLink", "0483:374b", "066E", "ST-LINK/V2-1")
    monkeypatch.setattr(doctor, "attached_ports", lambda: [port])
    assert finding(str(device)) == Finding(str(device), True, "ST-LINK/V2-1")
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)  # root may open everything
    found = finding(str(device))
    assert "no permission" in found.found
    assert f"usermod -aG {device.group()}" in found.remedy
    device.unlink()
    assert "went away" in finding(str(device)).found


def test_table_prints_every_part_and_its_brackets() -> None:
    result = CliRunner().invoke(command, [])
    assert result.exit_code in (0, 3)
    assert "packages [virtual]" in result.output


def test_doctor_runs_without_the_optional_packages() -> None:
    """In a process where importing any of them fails."""
    names = ["elftools", "unicorn", "capstone", "numba", "platformio", "pytest"]
    program = (
        f"import sys; sys.modules.update(dict.fromkeys({names!r}));"
        "from mcubench.doctor import examine; print(len(examine()))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    assert int(done.stdout) >= 10
