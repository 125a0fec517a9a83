"""Bytes in and out of a port, finding ports, and lines that are bad on purpose."""

from __future__ import annotations

from mcubench.link.cable import FaultyCable
from mcubench.link.discover import AttachedPort, PortPlace, attached_ports, find_port, is_stale_link, remember_port
from mcubench.link.faults import LineFault, parse_line_fault
from mcubench.link.link import DEFAULT_BAUD, Link
from mcubench.link.transcript import Transcript

__all__ = [
    "DEFAULT_BAUD",
    "AttachedPort",
    "FaultyCable",
    "LineFault",
    "Link",
    "PortPlace",
    "Transcript",
    "attached_ports",
    "find_port",
    "is_stale_link",
    "parse_line_fault",
    "remember_port",
]
