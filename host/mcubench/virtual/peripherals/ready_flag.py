"""What becomes ready a while after it is switched on: an oscillator, a PLL, a regulator."""

from __future__ import annotations

from mcubench.virtual.time import ROUNDING_S, VirtualTime

__all__ = ["ReadyFlag"]


class ReadyFlag:
    """A bit that follows its enable bit after a while, or never if the part does not work."""

    def __init__(self, virtual: VirtualTime, delay_s: float, on: bool = False, works: bool = True) -> None:
        self._virtual = virtual
        self._works = works
        self.delay_s = delay_s
        self._initially = on
        self.reset()

    def reset(self) -> None:
        self._at_s: float | None = -1.0 if self._initially else None

    def enable(self, on: bool) -> None:
        if not on:
            self._at_s = None
        elif self._at_s is None and self._works:
            self._at_s = self._virtual.now_s + self.delay_s

    @property
    def enabled(self) -> bool:
        return self._at_s is not None

    @property
    def ready(self) -> bool:
        return self._at_s is not None and self._virtual.now_s + ROUNDING_S >= self._at_s

    def next_event_s(self) -> float | None:
        return None if self._at_s is None or self.ready else self._at_s
