"""The boards that this repository has firmware for."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["KNOWN_BOARDS", "KnownBoard", "virtual_chips"]


@dataclass(frozen=True)
class KnownBoard:
    """`name` is what `info` answers; `virtual` tells whether a virtual board can stand for it."""

    name: str
    product: str
    core: str
    virtual: bool


KNOWN_BOARDS = (KnownBoard("stm32f746", "STM32F746G-DISCO", "Cortex-M7, 16 to 216 MHz", virtual=True),)


def virtual_chips() -> list[str]:
    """Return the names that `--board virtual:<name>` takes."""
    return [board.name for board in KNOWN_BOARDS if board.virtual]
