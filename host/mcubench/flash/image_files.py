"""An image in the forms that upload tools want, made from its ELF file, so that what was checked is what is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from mcubench.errors import InputError

__all__ = ["write_images"]

ERASED = b"\xff"
RECORD_BYTES = 16
# Record types of Intel's Hexadecimal Object File Format, revision A (1988).
DATA, END, UPPER_ADDRESS = 0, 1, 4


@dataclass(frozen=True)
class _Segment:
    address: int
    data: bytes


def write_images(elf: Path, folder: Path, is_hex: bool) -> None:
    """Write firmware.elf, and firmware.hex or firmware.bin, into `folder`; InputError if `elf` is no linked image.

    Never both: a probe that is a disk gets whatever is there (PlatformIO 6.2.0, UploadToDisk).
    """
    segments = _segments(elf)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "firmware.elf").write_bytes(elf.read_bytes())
    if is_hex:
        (folder / "firmware.hex").write_text("".join(f"{line}\n" for line in _hex_lines(segments)))
    else:
        (folder / "firmware.bin").write_bytes(_binary(segments))


def _segments(elf: Path) -> list[_Segment]:
    """Return what is to be in flash, by address."""
    try:
        with elf.open("rb") as file:
            loads = [each for each in ELFFile(file).iter_segments("PT_LOAD") if each["p_filesz"]]
            segments = sorted((_Segment(each["p_paddr"], each.data()) for each in loads), key=lambda each: each.address)
    except OSError as exc:
        raise InputError(f"{elf}: cannot be read: {exc.strerror}; give the firmware's ELF file") from exc
    except ELFError as exc:
        raise InputError(f"{elf}: not an ELF file ({exc}); give the .elf that the build made") from exc
    if not segments:
        raise InputError(f"{elf}: the ELF file has nothing to load; give a linked firmware image")
    return segments


def _binary(segments: Sequence[_Segment]) -> bytes:
    """Return the bytes from the first address to the last, with gaps as erased flash has them."""
    binary = b""
    for segment in segments:
        gap = segment.address - segments[0].address - len(binary)
        binary += ERASED * gap + segment.data
    return binary


def _hex_lines(segments: Sequence[_Segment]) -> Iterator[str]:
    upper = 0
    for segment in segments:
        for start in range(0, len(segment.data), RECORD_BYTES):
            address = segment.address + start
            # A record of data must not reach over a boundary of 64 KB.
            for part_address, part in _cut(address, segment.data[start : start + RECORD_BYTES]):
                if part_address >> 16 != upper:
                    upper = part_address >> 16
                    yield _record(0, UPPER_ADDRESS, upper.to_bytes(2, "big"))
                yield _record(part_address & 0xFFFF, DATA, part)
    yield _record(0, END, b"")


def _cut(address: int, data: bytes) -> Iterator[tuple[int, bytes]]:
    to_boundary = 0x10000 - (address & 0xFFFF)
    yield address, data[:to_boundary]
    if data[to_boundary:]:
        yield address + to_boundary, data[to_boundary:]


def _record(address: int, kind: int, data: bytes) -> str:
    content = bytes([len(data)]) + address.to_bytes(2, "big") + bytes([kind]) + data
    return f":{(content + bytes([-sum(content) & 0xFF])).hex().upper()}"
