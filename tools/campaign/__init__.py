"""The parts of the fault campaign: `make faults`, docs/faults.md."""
