"""Addresses of the built images, told as addr2line tells them."""

from __future__ import annotations

import os.path
import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from mcubench.boards import open_board, parse_board
from mcubench.errors import InputError
from mcubench.image_layout import read_layout
from mcubench.protocol import Board
from mcubench.symbols import holds_build, locate

ROOT = Path(__file__).resolve().parents[3]
ADDRESSES = 60


@pytest.fixture(scope="module", params=["stm32f746-local", "nrf52840-local"])
def image(request: pytest.FixtureRequest) -> Path:
    path = ROOT / ".pio" / "build" / request.param / "firmware.elf"
    if not path.exists():
        pytest.skip(f"no {path}: run `make firmware`")
    return path


def random_code(image: Path) -> list[int]:
    """Return addresses in functions of our own, the large ones more often."""
    with image.open("rb") as file:
        symbols = ELFFile(file).get_section_by_name(".symtab").iter_symbols()
        functions = [each for each in symbols if each["st_info"]["type"] == "STT_FUNC" and each["st_size"] > 1]
    dice = random.Random(4)
    chosen = dice.choices(functions, [each["st_size"] for each in functions], k=ADDRESSES)
    return [(each["st_value"] & ~1) + dice.randrange(0, each["st_size"], 2) for each in chosen]


def addr2line(image: Path, addresses: list[int]) -> list[tuple[str, str]]:
    """Return place and function of each address."""
    tool = shutil.which("arm-none-eabi-addr2line")
    if not tool:
        pytest.skip("no arm-none-eabi-addr2line: run `make setup`")
    numbers = [hex(address) for address in addresses]
    done = subprocess.run([tool, "-f", "-e", image, *numbers], capture_output=True, text=True, timeout=60, check=True)
    lines = done.stdout.splitlines()
    places = [re.sub(r" \(discriminator \d+\)$", "", line) for line in lines[1::2]]
    return list(zip(places, lines[::2], strict=True))


def test_places_are_those_of_addr2line(image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    compared = 0
    addresses = random_code(image)
    for address, (place, function) in zip(addresses, addr2line(image, addresses), strict=True):
        if place.startswith(f"{ROOT}/firmware/"):
            file, _, line = place.rpartition(":")
            expected = f"{os.path.relpath(os.path.normpath(file), ROOT)}:{line} ({function})"
            assert locate(image, address) == locate(image, address | 1) == expected
            compared += 1
    assert compared > ADDRESSES // 4


def test_code_without_debug_information_of_its_own_has_the_name_of_its_symbol(image: Path) -> None:
    place = locate(image, read_layout(image).symbols["memcpy"])
    assert place is None or place.endswith(" (memcpy)")


@pytest.mark.parametrize("address", [0x1000_0000, 0xFFFF_FFFE, 0x4000_0000])
def test_an_address_without_code_is_unknown(image: Path, address: int) -> None:
    assert locate(image, address) is None


def test_a_place_is_told_from_where_it_was_compiled_if_that_is_elsewhere(
    image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert str(locate(image, read_layout(image).symbols["core_poll"])).startswith("firmware/common/core.c:")


def test_an_image_is_the_build_that_its_board_names(image: Path) -> None:
    with open_board(parse_board(f"virtual:{image.parent.name.removesuffix('-local')}", image)) as opened:
        build_id = Board(opened.link).connect().build_id
    assert holds_build(image, build_id)
    assert not any(holds_build(image, other) for other in ("", build_id[:-1], build_id[::-1]))


def test_an_image_without_debug_information_knows_no_place(image: Path, tmp_path: Path) -> None:
    stripped = tmp_path / "stripped.elf"
    strip = shutil.which("arm-none-eabi-strip")
    if not strip:
        pytest.skip("no arm-none-eabi-strip: run `make setup`")
    subprocess.run([strip, "-g", "-o", stripped, image], check=True, timeout=60)
    assert locate(stripped, read_layout(image).symbols["core_poll"]) is None


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b"\x7fELF\x01\x01\x01" + bytes(9), b"MZ" + bytes(100)])
def test_other_files_are_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "firmware.elf"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"firmware\.elf: [^\n]+$"):
        locate(path, 0)
    with pytest.raises(InputError, match=r"firmware\.elf: [^\n]+$"):
        holds_build(path, "0123")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.elf: No such file"):
        locate(tmp_path / "none.elf", 0)


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_half_an_image_is_one_line(image: Path, tmp_path: Path, share: float) -> None:
    path = tmp_path / "firmware.elf"
    content = image.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(InputError, match=r"firmware\.elf: [^\n]+$"):
        locate(path, read_layout(image).symbols["core_poll"])
