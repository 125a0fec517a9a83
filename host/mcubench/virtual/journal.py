"""What a virtual board says about firmware that silicon would punish: once per fact, with the place in the code."""

from __future__ import annotations

import logging
from collections.abc import Callable

from mcubench.errors import CheckFailedError

__all__ = ["Journal"]

_log = logging.getLogger("mcubench.virtual")


class Journal:
    """Reports of one board.

    `where` names the firmware's current place ("uart_init+0x1c, pc 0x0800031c"). A violation is logged as a warning;
    with `strict` the first one becomes `failure` instead, and `stop` is called: reports come from inside device
    accesses, where the emulator cannot take an exception.
    """

    def __init__(self, strict: bool = False) -> None:
        self.where: Callable[[], str] = lambda: "before the first instruction"
        self.stop: Callable[[], None] = lambda: None
        self.failure: CheckFailedError | None = None
        self._strict = strict
        self._told: set[str] = set()

    def note(self, message: str) -> None:
        """Log an event that is normal (a reset, a new clock), for `-v`."""
        _log.info("%s", message)

    def warn(self, key: str, message: str) -> None:
        """Report something that real silicon may survive (an over-clocked PLL), once per `key`."""
        if key not in self._told:
            self._told.add(key)
            _log.warning("%s (at %s)", message, self.where())

    def violation(self, key: str, message: str) -> None:
        """Report something that silicon would not do as the firmware expects, once per `key`; strict mode stops."""
        if not self._strict:
            self.warn(key, message)
        elif self.failure is None:
            self.failure = CheckFailedError(f"{message} (at {self.where()}); strict mode stops here")
            self.stop()

    def forget(self) -> None:
        """Tell everything once more: there is other firmware now."""
        self._told.clear()
