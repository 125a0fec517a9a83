"""A board in Python: the board's side of docs/protocol.md before an inference engine of this PC."""

from __future__ import annotations

from mcubench.serve.core import CORE_NAME, load_core
from mcubench.serve.engine import Engine, EngineError, EngineStatus, OpenModel
from mcubench.serve.engines import ENGINES, RESOLVERS, load_engine
from mcubench.serve.image import Image, load_image
from mcubench.serve.network import Network, find_networks
from mcubench.serve.paced import PacedBoard
from mcubench.serve.power import run_board
from mcubench.serve.scripted import SCRIPTED, Script, ScriptedPlatform, read_script, scripted_image
from mcubench.serve.shelf import run_shelf

__all__ = [
    "CORE_NAME",
    "ENGINES",
    "RESOLVERS",
    "SCRIPTED",
    "Engine",
    "EngineError",
    "EngineStatus",
    "Image",
    "Network",
    "OpenModel",
    "PacedBoard",
    "Script",
    "ScriptedPlatform",
    "find_networks",
    "load_core",
    "load_engine",
    "load_image",
    "read_script",
    "run_board",
    "run_shelf",
    "scripted_image",
]
