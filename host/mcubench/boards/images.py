"""What was built to run on virtual boards and on the PC, looked for in this folder and those above."""

from __future__ import annotations

from pathlib import Path

from mcubench.boards.known import DEFAULT_ENGINE, KnownBoard, build_command
from mcubench.errors import InputError

__all__ = ["built_images", "find_image", "find_native_program", "find_upwards"]

# Where `make firmware` leaves the program that makes the PC a board.
NATIVE_PROGRAM = Path("build", "native", DEFAULT_ENGINE, "board")


def find_upwards(path: Path) -> Path | None:
    """Return `path` in this folder or the nearest one above that has it."""
    here = Path.cwd()
    return next((folder / path for folder in (here, *here.parents) if (folder / path).is_file()), None)


def find_image(board: KnownBoard, engine: str) -> Path:
    """Return the image that PlatformIO built with the compiler on this machine; InputError if it did not."""
    environment = f"{board.environment(engine)}-local"
    image = _image_of(environment)
    found = find_upwards(image)
    if found is None:
        also = "run 'make firmware', or" if engine == DEFAULT_ENGINE else "build it:"
        build = build_command(environment, engine)
        raise InputError(f"no {image} in {Path.cwd()} or above; {also} {build}; or give --firmware ELF")
    return found


def built_images(board: KnownBoard, engine: str) -> list[Path]:
    """Return the images for a board that are here, whatever compiler built them."""
    name = board.environment(engine)
    found = (find_upwards(_image_of(environment)) for environment in (name, f"{name}-local"))
    return [image for image in found if image is not None]


def find_native_program() -> Path:
    """Return the program that `make firmware` built; InputError if it is not there."""
    found = find_upwards(NATIVE_PROGRAM)
    if found is None:
        raise InputError(
            f"no {NATIVE_PROGRAM} in {Path.cwd()} or above; run 'make firmware' or name one: native:<program>"
        )
    return found


def _image_of(environment: str) -> Path:
    return Path(".pio", "build", environment, "firmware.elf")
