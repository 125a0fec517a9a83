"""Files that are no firmware image; real images are in firmware/tests/test_images.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcubench.errors import InputError
from mcubench.image_layout import read_layout


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b"\x7fELF\x01\x01\x01" + bytes(9), b"MZ" + bytes(100)])
def test_other_files_are_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "firmware.elf"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"firmware\.elf: expected an ELF file, but [^\n]+$"):
        read_layout(path)


def test_missing_file_says_how_to_build_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="make firmware"):
        read_layout(tmp_path / "none.elf")
