"""GPIO port of nRF52840 (PS, chapter GPIO): outputs and their direction, inputs that read their pulls.

Not modelled: sensing, and what a peripheral does with a pin that it has taken.
"""

from __future__ import annotations

from collections.abc import Callable

from mcubench.virtual.registers import ALL_BITS, Register, plain_registers

__all__ = ["NrfGpio"]

_PIN_RESET, _PIN_BITS = 2, 0x3070F
_INPUT_OFF, _PULL_UP = 1 << 1, 3


class NrfGpio:
    """One port of `pins` pins. A pin's direction is one bit that DIR and PIN_CNF both show."""

    def __init__(self, pins: int) -> None:
        self._pins = range(pins)
        mask = (1 << pins) - 1
        self._out = Register("OUT", 0x504, 0, mask, ALL_BITS, write=lambda _value: self._update())
        self._dir = Register("DIR", 0x514, 0, mask, ALL_BITS, write=lambda _value: self._update())
        self._config = [
            Register(
                f"PIN_CNF{pin}",
                0x700 + 4 * pin,
                _PIN_RESET,
                _PIN_BITS,
                read=lambda pin=pin: self._read_config(pin),  # type: ignore[misc]  # a default argument
                write=lambda value, pin=pin: self._change(self._dir, 1 << pin, bool(value & 1)),  # type: ignore[misc]
            )
            for pin in self._pins
        ]
        self.registers = [
            *(self._out, self._dir, *self._config),
            *self._set_and_clear("OUT", 0x508, self._out),
            *self._set_and_clear("DIR", 0x518, self._dir),
            Register("IN", 0x510, 0, 0, read=self._read_input),
            *plain_registers([("LATCH", 0x520, 0, mask), ("DETECTMODE", 0x524, 0, 1)]),
        ]
        self._levels: dict[int, bool] = {}
        self._listeners: dict[int, Callable[[bool], None]] = {}

    def reset(self) -> None:
        self._update()

    def on_level(self, pin: int, listener: Callable[[bool], None]) -> None:
        """`listener` is told when output `pin` changes."""
        self._listeners[pin] = listener
        self._levels[pin] = False

    def _set_and_clear(self, name: str, offset: int, register: Register) -> list[Register]:
        return [
            Register(
                f"{name}{suffix}",
                offset + 4 * (not on),
                0,
                0,
                ALL_BITS,
                lambda: register.value,
                lambda value, on=on: self._change(register, value, on),  # type: ignore[misc]  # a default argument
            )
            for suffix, on in (("SET", True), ("CLR", False))
        ]

    def _change(self, register: Register, pins: int, on: bool) -> None:
        register.value = register.value | pins & register.writable if on else register.value & ~pins
        self._update()

    def _update(self) -> None:
        for pin, listener in self._listeners.items():
            level = bool(self._dir.value & self._out.value & 1 << pin)
            if level != self._levels[pin]:
                self._levels[pin] = level
                listener(level)

    def _read_config(self, pin: int) -> int:
        return (self._config[pin].value & ~1) | self._dir.value >> pin & 1

    def _read_input(self) -> int:
        """Outputs read back as they are driven, if their input buffer is on; an input reads 1 only if pulled up."""
        value = 0
        for pin in self._pins:
            config = self._config[pin].value
            driven = self._dir.value >> pin & 1
            level = self._out.value >> pin & 1 if driven else (config >> 2 & 3) == _PULL_UP
            value |= (0 if config & _INPUT_OFF else level) << pin
        return value
