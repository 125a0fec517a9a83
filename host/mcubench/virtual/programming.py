"""Writing the flash of a chip: what a debug probe does with a firmware image while the core is halted."""

from __future__ import annotations

from mcubench.errors import RigError, WrongImageError
from mcubench.virtual.loader import Image, Segment
from mcubench.virtual.machine import Machine
from mcubench.virtual.wiring import Chip

__all__ = ["Programming", "check_image", "erase"]

_PAGE_BYTES = 16 << 10
_RESET_VECTOR = 4


def check_image(chip: Chip, machine: Machine, image: Image) -> None:
    """Raise WrongImageError if the image is not for this chip: by its mark, its addresses or its vector table."""
    if image.mark is not None and image.mark.board != chip.name:
        raise WrongImageError(
            f"{image.path}: this image is for the board {image.mark.board}; expected one for {chip.name}"
        )
    machine.check(image)
    entry = int.from_bytes(image.read(chip.vector_table + _RESET_VECTOR, 4), "little")
    if not entry & 1 or not any(memory.region.holds(entry) for memory in chip.memories):
        raise WrongImageError(
            f"{image.path}: no vector table at 0x{chip.vector_table:08x} (reset vector 0x{entry:08x}); "
            f"expected an image linked for {chip.name}"
        )


def erase(chip: Chip, machine: Machine) -> None:
    """Erase the whole flash."""
    machine.memory.write(chip.flash.start, b"\xff" * chip.flash.size)


class Programming:
    """One image on its way into the flash, page by page.

    The page of the vector table comes last: half-written flash starts nothing, instead of code that is not all there.
    """

    def __init__(self, chip: Chip, machine: Machine, image: Image) -> None:
        """Erase the flash."""
        self.image = image
        self._machine = machine
        pages = [page for segment in image.segments for page in _pages(segment)]
        self._left = sorted(pages, key=lambda page: chip.vector_table - page.address in range(_PAGE_BYTES))
        erase(chip, machine)

    @property
    def pages_left(self) -> int:
        """How many pages are still to be written."""
        return len(self._left)

    def write_page(self) -> None:
        """Write one page and verify it."""
        page = self._left.pop(0)
        self._machine.memory.write(page.address, page.data)
        if self._machine.memory.read(page.address, len(page.data)) != page.data:
            raise RigError(f"0x{page.address:08x}: what was written cannot be read back")


def _pages(segment: Segment) -> list[Segment]:
    return [
        Segment(segment.address + at, segment.data[at : at + _PAGE_BYTES])
        for at in range(0, len(segment.data), _PAGE_BYTES)
    ]
