"""The boards of a bench rig: where each is, who uses it, and whether it still works."""

from __future__ import annotations

from mcubench.rig.address import address_of, find_board_port, is_labgrid, path_beside_file, probe_socket
from mcubench.rig.attachment import Attachment
from mcubench.rig.entry import VIRTUAL_RUNNER, RigBoard
from mcubench.rig.file import RigFile, find_rig_file, load_rig, read_rig

__all__ = [
    "VIRTUAL_RUNNER",
    "Attachment",
    "RigBoard",
    "RigFile",
    "address_of",
    "find_board_port",
    "find_rig_file",
    "is_labgrid",
    "load_rig",
    "path_beside_file",
    "probe_socket",
    "read_rig",
]
