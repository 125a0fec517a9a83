"""One board of a bench rig, as a rig file describes it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["VIRTUAL_RUNNER", "RigBoard"]

# The runner of a board that is a virtual one: its debug probe is a socket, which also switches its power.
VIRTUAL_RUNNER = "virtual"


@dataclass(frozen=True)
class RigBoard:
    """The keys are those of Zephyr's hardware map, where it has them (Zephyr documentation, Twister, Hardware map).

    `name` is what people call it, `board` what the firmware calls itself in `info`. `id` is the chip's unique id, as
    `info` has it: only a board with it is this one; None takes whatever answers. `probe_id` is the USB serial number of
    the debug probe or of the bridge, and finds its port wherever it is plugged in; of a virtual board it is the socket
    of its probe. `serial` is a device, a URL, or a labgrid place. `runner` is PlatformIO's upload protocol. `power`
    says what switches the board off and on. `features` are words that tests ask for. `file` is where it was read.
    """

    name: str
    board: str
    id: str | None = None
    probe_id: str | None = None
    serial: str | None = None
    baud: int | None = None
    runner: str | None = None
    flash_timeout_s: float = 120.0
    flash_before: bool = False
    connected: bool = True
    features: tuple[str, ...] = ()
    power: str | None = None
    notes: str | None = None
    file: Path | None = None

    @property
    def is_virtual(self) -> bool:
        """Whether it is a virtual board."""
        return self.runner == VIRTUAL_RUNNER
