"""What the rig demo runs: its boards, which of them misbehave and when, and what is done with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["FULL", "SHORT", "DemoBoard", "Plan"]


@dataclass(frozen=True)
class DemoBoard:
    """A virtual board; `fault` is what `rig up --fault` takes, None for one that behaves."""

    name: str
    board: str
    id: str
    fault: str | None = None

    @property
    def hangs(self) -> bool:
        """Whether its core stops on purpose, so that somebody must reset it."""
        return self.fault is not None and self.fault.startswith("hang:")

    @property
    def dies(self) -> bool:
        """Whether it is gone for good at some time."""
        return self.fault is not None and self.fault.startswith("die:")

    @property
    def entry(self) -> str:
        """Its table in a rig file."""
        words = {
            "name": self.name,
            "board": self.board,
            "id": self.id,
            "runner": "virtual",
            "serial": f"shelf/{self.name}.pty",
            "probe_id": f"shelf/{self.name}.probe",
        }
        return "\n".join(["[[boards]]", *(f'{key} = "{word}"' for key, word in words.items()), ""])


@dataclass(frozen=True)
class Plan:
    """`points` are those of each board's table. The deadlines are for a PC that has much else to do."""

    boards: Sequence[DemoBoard]
    models: str
    clocks: str
    vectors: int
    points: int
    suite: Sequence[str]
    jobs: int
    flash_s: float = 900.0
    sweep_s: float = 900.0
    suite_s: float = 2400.0

    def write_rig(self, path: Path) -> None:
        """Write the rig file."""
        path.write_text("\n".join(board.entry for board in self.boards))

    @property
    def faults(self) -> list[str]:
        """The options of `rig up` that make boards misbehave."""
        return [f"--fault={board.name}={board.fault}" for board in self.boards if board.fault]


def _disco(number: int, fault: str | None = None) -> DemoBoard:
    return DemoBoard(f"disco-{number}", "stm32f746", f"virtual-dsc{number}".encode().hex(), fault)


def _dk(number: int, fault: str | None = None) -> DemoBoard:
    return DemoBoard(f"dk-{number}", "nrf52840", f"virtual{number}".encode().hex(), fault)


# Each kind of board has three of these clocks, so that two models are six points on every board.
_CLOCKS = "216,144,48,64,64-nocache,64-hfint"

# A point is its vectors, one more, 20 timed inferences, 3 cold ones and one by layers: 85 at the main clock, 55 at
# others. So the one hangs in its fourth point. The other is gone when it has said about half of what it has to say.
FULL = Plan(
    boards=(
        *(_disco(1), _disco(2), _disco(3, "hang:after=250"), _disco(4), _disco(5)),
        *(_dk(1), _dk(2, "die:after=22500"), _dk(3)),
    ),
    models="mnist-int8,mnist-float32",
    clocks=_CLOCKS,
    vectors=60,
    points=6,
    suite=("hil_tests",),
    jobs=4,
)

# For `make test`.
SHORT = Plan(
    boards=(_disco(1, "hang:after=100"), _dk(1, "die:after=9000")),
    models="mnist-int8",
    clocks=_CLOCKS,
    vectors=60,
    points=3,
    suite=("hil_tests/test_text_commands.py",),
    jobs=2,
)
