"""The boards of a bench rig: where each is, who uses it, and whether it still works."""

from __future__ import annotations

from mcubench.rig.address import address_of, find_board_port, is_labgrid, path_beside_file, probe_socket
from mcubench.rig.attachment import Attachment
from mcubench.rig.drivers import drivers_of
from mcubench.rig.entry import VIRTUAL_RUNNER, RigBoard
from mcubench.rig.file import RigFile, find_rig_file, load_rig, read_rig
from mcubench.rig.latch import Latch, latch, latched, unlatch
from mcubench.rig.lock import Holder, hold, holder, holders, unreadable_locks
from mcubench.rig.use import use

__all__ = [
    "VIRTUAL_RUNNER",
    "Attachment",
    "Holder",
    "Latch",
    "RigBoard",
    "RigFile",
    "address_of",
    "drivers_of",
    "find_board_port",
    "find_rig_file",
    "hold",
    "holder",
    "holders",
    "is_labgrid",
    "latch",
    "latched",
    "load_rig",
    "path_beside_file",
    "probe_socket",
    "read_rig",
    "unlatch",
    "unreadable_locks",
    "use",
]
