"""CRC calculation unit of STM32F3, F7, L4 and others: polynomials of 7 to 32 bits, input and output reversed if asked.

RM0385 and RM0365 describe the same unit in their chapters on it; RM0365 is what was read. A calculation takes no time
here; on silicon one of 32 bits takes four AHB cycles.
"""

from __future__ import annotations

from mcubench.virtual.registers import ALL_BITS, Register, bit

__all__ = ["Crc"]

_POLYNOMIAL_BITS = (32, 16, 8, 7)  # CR.POLYSIZE
_REVERSED_BITS = (1, 8, 16, 32)  # CR.REV_IN: the input is reversed within units of so many bits


class Crc:
    """One CRC unit. The width of a write to DR decides how many bits of data it is."""

    def __init__(self) -> None:
        self._data = Register("DR", 0x00, ALL_BITS, read=self._read_data, write_part=self._add)
        self._control = Register("CR", 0x08, 0, 0xF8, 1, write=self._write_control)
        self._initial = Register("INIT", 0x10, ALL_BITS, write=lambda _value: self._restart())
        self._polynomial = Register("POL", 0x14, 0x04C11DB7)
        self.registers = [
            self._data,
            Register("IDR", 0x04, 0, 0xFF),
            self._control,
            self._initial,
            self._polynomial,
        ]

    def reset(self) -> None:
        """The registers' reset values are all there is."""

    @property
    def _bits(self) -> int:
        return _POLYNOMIAL_BITS[self._control.value >> 3 & 3]

    def _restart(self) -> None:
        """A write to INIT and the bit CR.RESET both put the initial value into DR."""
        self._data.value = self._initial.value

    def _write_control(self, value: int) -> None:
        if bit(value, 0):
            self._restart()

    def _add(self, value: int, size_bytes: int) -> None:
        """Shift data in, most significant bit first."""
        bits, top = self._bits, self._bits - 1
        mask = (1 << bits) - 1
        value = self._reverse_input(value, 8 * size_bytes)
        crc = self._data.value & mask
        for position in reversed(range(8 * size_bytes)):
            feedback = bit(crc, top) != bit(value, position)
            crc = (crc << 1 ^ (self._polynomial.value if feedback else 0)) & mask
        self._data.value = crc

    def _reverse_input(self, value: int, width: int) -> int:
        unit = min(_REVERSED_BITS[self._control.value >> 5 & 3], width)
        result = 0
        for start in range(0, width, unit):
            result |= _reversed(value >> start & (1 << unit) - 1, unit) << start
        return result

    def _read_data(self) -> int:
        """Return DR, with CR.REV_OUT the CRC's own bits of it in the other order.

        That a short CRC is reversed within its own bits is not in the manual: CRC-16/MODBUS comes out right like this.
        """
        if not bit(self._control.value, 7):
            return self._data.value
        return _reversed(self._data.value & (1 << self._bits) - 1, self._bits)


def _reversed(value: int, bits: int) -> int:
    return sum((value >> index & 1) << bits - 1 - index for index in range(bits))
