"""docs/protocol.md seen from the host: lines, frames, commands, streaming."""

from __future__ import annotations

from mcubench.protocol.answers import (
    BoardInfo,
    ClockSetting,
    ClockState,
    ClockTable,
    InferenceRun,
    Layer,
    LayerPass,
    ModelInfo,
    Tick,
)
from mcubench.protocol.client import PROTOCOL_VERSION, Board
from mcubench.protocol.frames import VectorResult
from mcubench.protocol.liar import LyingLink
from mcubench.protocol.rate import lower_baud, raise_baud
from mcubench.protocol.rescue import Rescuer
from mcubench.protocol.source import VectorSource
from mcubench.protocol.stream import Traffic, VectorStream

__all__ = [
    "PROTOCOL_VERSION",
    "Board",
    "BoardInfo",
    "ClockSetting",
    "ClockState",
    "ClockTable",
    "InferenceRun",
    "Layer",
    "LayerPass",
    "LyingLink",
    "ModelInfo",
    "Rescuer",
    "Tick",
    "Traffic",
    "VectorResult",
    "VectorSource",
    "VectorStream",
    "lower_baud",
    "raise_baud",
]
