"""Resets by what a labgrid place has: a digital output on the reset pin, a power switch."""

from __future__ import annotations

import time
from dataclasses import dataclass

from mcubench.recovery import ResetDriver, Rung
from mcubench.rig.labgrid_client import LabgridClient
from mcubench.rig.labgrid_place import Place, Resource

__all__ = ["LabgridPower", "LabgridReset", "labgrid_drivers"]

# What `labgrid-client power` and `labgrid-client io` of labgrid 26 can switch.
POWER_KINDS = {
    "NetworkPowerPort",
    "NetworkSiSPMPowerPort",
    "NetworkUSBPowerPort",
    "NetworkYKUSHPowerPort",
    "PDUDaemonPort",
    "TasmotaPowerPort",
}
OUTPUT_KINDS = {
    "Eth008DigitalOutput",
    "HttpDigitalOutput",
    "ModbusTCPCoil",
    "NetworkDeditecRelais8",
    "NetworkHIDRelay",
    "NetworkLXAIOBusPIO",
    "NetworkSysfsGPIO",
    "OneWirePIO",
    "WaveshareModbusTCPCoil",
}
# A place may have outputs for anything; the one that resets has this name there (`add-named-match`).
RESET_NAME = "reset"
# As long as the reset line of a serial port is held.
PULSE_S = 0.1


@dataclass(frozen=True)
class LabgridPower:
    """The place's power switch: off, two seconds, on."""

    client: LabgridClient
    resource: str
    rung: Rung = Rung.POWER_CYCLE

    def reset(self, port: str, board: str) -> None:  # noqa: ARG002 - the place knows its board
        self.client.call("power", "cycle", "--name", self.resource)


@dataclass(frozen=True)
class LabgridReset:
    """The place's digital output `reset`; high pulls the reset line."""

    client: LabgridClient
    rung: Rung = Rung.RESET_LINE

    def reset(self, port: str, board: str) -> None:  # noqa: ARG002 - the place knows its board
        try:
            self.client.call("io", "high", RESET_NAME)
            time.sleep(PULSE_S)
        finally:
            self.client.call("io", "low", RESET_NAME)


def labgrid_drivers(client: LabgridClient, place: Place) -> tuple[ResetDriver, ...]:
    """Return what can reset the board at an acquired place, gentlest first."""
    return tuple(filter(None, (_reset(client, place), _power(client, place))))


def _reset(client: LabgridClient, place: Place) -> LabgridReset | None:
    named = any(each.name == RESET_NAME and each.kind in OUTPUT_KINDS for each in place.resources)
    return LabgridReset(client) if named else None


def _power(client: LabgridClient, place: Place) -> LabgridPower | None:
    switches: list[Resource] = [each for each in place.resources if each.kind in POWER_KINDS]
    return LabgridPower(client, switches[0].name) if switches else None
