"""The mark of an image, found in whatever file holds it; real images: firmware/tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcubench.errors import InputError
from mcubench.image_mark import ImageMark, find_mark, read_mark

MARK = b"mcubench-image board=esp32 build=0123456789abcdef\0"


def test_mark_is_found_wherever_it_lies() -> None:
    assert find_mark(bytes(1000) + b"\xff\xfe" + MARK + b"\x80 board=other") == ImageMark("esp32", "0123456789abcdef")


@pytest.mark.parametrize(
    "image",
    [
        b"",
        MARK[:-1],  # cut off
        b"mcubench-image board=<name> build=<id> as documents have it\0",
        b"mcubench-image board= build=1\0",
        b"mcubench-image board=\xff build=1\0",
    ],
)
def test_what_is_no_mark_is_none(image: bytes) -> None:
    assert find_mark(image) is None


def test_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_mark(tmp_path / "absent.elf")
