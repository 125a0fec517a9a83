"""Bytes in and out of a port, and finding ports."""

from __future__ import annotations

from mcubench.link.discover import AttachedPort, attached_ports
from mcubench.link.link import DEFAULT_BAUD, Link
from mcubench.link.transcript import Transcript

__all__ = ["DEFAULT_BAUD", "AttachedPort", "Link", "Transcript", "attached_ports"]
