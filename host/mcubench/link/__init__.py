"""Bytes in and out of a port, finding ports, and lines that are bad on purpose."""

from __future__ import annotations

from mcubench.link.cable import FaultyCable
from mcubench.link.discover import AttachedPort, attached_ports
from mcubench.link.faults import LineFault, parse_line_fault
from mcubench.link.link import DEFAULT_BAUD, Link
from mcubench.link.transcript import Transcript

__all__ = [
    "DEFAULT_BAUD",
    "AttachedPort",
    "FaultyCable",
    "LineFault",
    "Link",
    "Transcript",
    "attached_ports",
    "parse_line_fault",
]
