"""The chips there are virtual boards of: each is a memory map and a table of peripherals."""

from __future__ import annotations

from mcubench.virtual.chips.nrf52840 import NRF52840
from mcubench.virtual.chips.stm32f746 import STM32F746
from mcubench.virtual.wiring import Chip

__all__ = ["CHIPS"]

CHIPS: dict[str, Chip] = {chip.name: chip for chip in (STM32F746, NRF52840)}
