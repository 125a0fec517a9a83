"""The forms that upload tools want, against those that objcopy makes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mcubench.errors import InputError
from mcubench.flash.image_files import write_images

ROOT = Path(__file__).resolve().parents[3]
# Two segments with a gap between them, the second over a boundary of 64 KB.
SOURCE = """
__attribute__((section(".first"), used)) const char first[] = "vectors";
__attribute__((section(".second"), used)) const char second[100] = {1, 2, 3, [99] = 4};
"""
LAYOUT = "-Wl,--section-start=.first=0x08000000,--section-start=.second=0x0800ffc3,-e0"


@pytest.fixture
def elf(tmp_path: Path) -> Path:
    source, elf = tmp_path / "image.c", tmp_path / "image.elf"
    source.write_text(SOURCE)
    command = ["arm-none-eabi-gcc", "-nostdlib", "-mthumb", "-mcpu=cortex-m4", LAYOUT, "-o", str(elf), str(source)]
    try:
        subprocess.run(command, check=True, timeout=60, capture_output=True)
    except FileNotFoundError:
        pytest.skip("no arm-none-eabi-gcc: run `make setup`")
    return elf


def objcopy(*arguments: str | Path) -> None:
    subprocess.run(["arm-none-eabi-objcopy", *map(str, arguments)], check=True, timeout=60)


def test_what_is_written_is_what_objcopy_makes(elf: Path, tmp_path: Path) -> None:
    made, expected = tmp_path / "made", tmp_path / "expected"
    write_images(elf, made, is_hex=False)
    assert (made / "firmware.elf").read_bytes() == elf.read_bytes()
    # The linker's own script has empty sections elsewhere, up to which objcopy would fill.
    objcopy("-O", "binary", "--gap-fill", "0xff", "-j", ".first", "-j", ".second", elf, expected)
    assert (made / "firmware.bin").read_bytes() == expected.read_bytes()
    write_images(elf, made, is_hex=True)
    from_hex = tmp_path / "from_hex"
    objcopy("-I", "ihex", "-O", "binary", "--gap-fill", "0xff", made / "firmware.hex", from_hex)
    assert from_hex.read_bytes() == expected.read_bytes()


def test_a_record_begins_where_its_segment_does(elf: Path, tmp_path: Path) -> None:
    write_images(elf, tmp_path, is_hex=True)
    assert not (tmp_path / "firmware.bin").exists()
    lines = (tmp_path / "firmware.hex").read_text().splitlines()
    assert lines[0] == ":020000040800F2"
    assert lines[1].startswith(":08000000")
    assert lines[-1] == ":00000001FF"
    assert sum(line[7:9] == "04" for line in lines) == 2  # 0x0800, and 0x0801 behind the boundary


@pytest.mark.parametrize("content", [b"", b"no ELF file", b"\x7fELF" + bytes(60)])
def test_what_is_no_image_is_bad_input(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "firmware.elf"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"firmware\.elf"):
        write_images(path, tmp_path / "out", is_hex=False)
