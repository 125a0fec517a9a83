"""Images: what is refused, and names of addresses."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from bench import Bench, Compile

from mcubench.errors import InputError
from mcubench.virtual.loader import SymbolNames, load_image


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_image(tmp_path / "absent.elf")


def test_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_image(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b"\x7fELF" + bytes(60), b"plain text, not an ELF file" * 9])
def test_not_an_elf(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "firmware.elf"
    path.write_bytes(content)
    with pytest.raises(InputError):
        load_image(path)


def test_truncated_elf(program: Compile, tmp_path: Path) -> None:
    whole = program("echo").read_bytes()
    path = tmp_path / "cut.elf"
    for size in range(0, len(whole), len(whole) // 40):
        path.write_bytes(whole[:size])
        with pytest.raises(InputError):
            load_image(path)


def test_elf_of_another_machine() -> None:
    program = shutil.which("true")
    assert program
    with pytest.raises(InputError, match="expected a linked ELF for 32-bit Arm"):
        load_image(Path(program).resolve())


def test_object_file(tmp_path: Path) -> None:
    source = tmp_path / "part.c"
    source.write_text("int part(void) { return 1; }\n")
    subprocess.run(["arm-none-eabi-gcc", "-mcpu=cortex-m7", "-c", source, "-o", tmp_path / "part.o"], check=True)
    with pytest.raises(InputError, match="expected a linked ELF"):
        load_image(tmp_path / "part.o")


def test_image_for_another_memory_map(program: Compile, tmp_path: Path) -> None:
    moved = tmp_path / "moved.elf"
    subprocess.run(["arm-none-eabi-objcopy", "--change-addresses", "0x58000000", program("echo"), moved], check=True)
    with pytest.raises(InputError, match="lie in no memory of this chip"):
        Bench("stm32f746", moved)


def test_image_without_vector_table(program: Compile, tmp_path: Path) -> None:
    moved = tmp_path / "moved.elf"
    subprocess.run(
        ["arm-none-eabi-objcopy", "--change-section-lma", ".text+0x8000", program("echo"), moved], check=True
    )
    with pytest.raises(InputError, match="no vector table at 0x08000000"):
        Bench("stm32f746", moved)


def test_names_of_addresses() -> None:
    names = SymbolNames([(0x100, 0x20, "first"), (0x140, 0, "asm_label")])
    assert names.name_of(0x100) == "first+0x0"
    assert names.name_of(0x11E) == "first+0x1e"
    assert names.name_of(0x120) == "no function"
    assert names.name_of(0x140) == "asm_label+0x0"
    assert names.name_of(0) == "no function"
