"""GPIO port of STM32F2, F4 and F7 (RM0385 chapter 6): outputs, and which pins are handed to a peripheral."""

from __future__ import annotations

from collections.abc import Callable

from mcubench.virtual.registers import Register, plain_registers

__all__ = ["Gpio"]

_OUTPUT, _ALTERNATE = 1, 2
# Pins of port A and B that a debugger holds after reset: MODER, OSPEEDR, PUPDR (RM0385 6.4.1 to 6.4.4).
_DEBUG_RESETS = {"A": (0xA8000000, 0x0C000000, 0x64000000), "B": (0x00000280, 0x000000C0, 0x00000100)}


class Gpio:
    """One port of 16 pins."""

    def __init__(self, letter: str) -> None:
        mode, speed, pull = _DEBUG_RESETS.get(letter, (0, 0, 0))
        self._mode = Register("MODER", 0x00, mode, write=lambda _value: self._update())
        self._pull = Register("PUPDR", 0x0C, pull)
        self._output = Register("ODR", 0x14, 0, 0xFFFF, write=lambda _value: self._update())
        self._alternate = (Register("AFRL", 0x20), Register("AFRH", 0x24))
        self.registers = [
            self._mode,
            *plain_registers(
                [("OTYPER", 0x04, 0, 0xFFFF), ("OSPEEDR", 0x08, speed, 0xFFFFFFFF), ("LCKR", 0x1C, 0, 0x1FFFF)]
            ),
            self._pull,
            Register("IDR", 0x10, 0, 0, 0xFFFFFFFF, read=self._read_input),
            self._output,
            Register("BSRR", 0x18, 0, 0, 0xFFFFFFFF, write=self._write_bsrr),
            *self._alternate,
        ]
        self._levels: dict[int, bool] = {}
        self._listeners: dict[int, Callable[[bool], None]] = {}

    def reset(self) -> None:
        self._update()

    def on_level(self, pin: int, listener: Callable[[bool], None]) -> None:
        """`listener` is told when output `pin` changes."""
        self._listeners[pin] = listener
        self._levels[pin] = False

    def alternate(self, pin: int) -> int | None:
        """Return the alternate function that `pin` is switched to, None if it is not in that mode."""
        if self._mode.value >> 2 * pin & 3 != _ALTERNATE:
            return None
        return self._alternate[pin // 8].value >> 4 * (pin % 8) & 0xF

    def _write_bsrr(self, value: int) -> None:
        self._output.value = (self._output.value & ~(value >> 16)) | value & 0xFFFF
        self._update()

    def _update(self) -> None:
        for pin, listener in self._listeners.items():
            level = self._mode.value >> 2 * pin & 3 == _OUTPUT and bool(self._output.value >> pin & 1)
            if level != self._levels[pin]:
                self._levels[pin] = level
                listener(level)

    def _read_input(self) -> int:
        """Outputs read back as they are driven; an input reads 1 only if it has its pull-up."""
        value = 0
        for pin in range(16):
            driven = self._mode.value >> 2 * pin & 3 == _OUTPUT
            level = self._output.value >> pin & 1 if driven else self._pull.value >> 2 * pin & 3 == 1
            value |= level << pin
        return value
