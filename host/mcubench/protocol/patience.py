"""How long to wait for a board before asking it again: what its answers usually take."""

from __future__ import annotations

__all__ = ["Patience"]

# Before anything was measured.
FIRST_PATIENCE_S = 1.0
# A PC that is busy with something else must not ask for what is only late by that.
LEAST_PATIENCE_S = 0.05
# A virtual board may be slower than the chip it stands for.
INFERENCES = 4
# RFC 6298, section 2: how fast mean and deviation follow, and how many deviations above the mean are unusual.
MEAN_SHARE, DEVIATION_SHARE = 1 / 8, 1 / 4
DEVIATIONS = 4


class Patience:
    """`wait_s` is how long silence is nothing unusual: a smoothed round trip; doubled for as long as it lasts."""

    def __init__(self, inference_s: float = 0.0, before: Patience | None = None) -> None:
        """Begin with what was measured `before`.

        `inference_s` is about how long one inference takes, during which a board answers nothing.
        """
        self._inference_s = inference_s
        self._measured: bool = before is not None and before._measured
        self._mean_s: float = before._mean_s if before else FIRST_PATIENCE_S
        self._deviation_s: float = before._deviation_s if before else 0.0
        self._doublings = 0

    @property
    def silences(self) -> int:
        """How often in a row nothing came for that long."""
        return self._doublings

    @property
    def wait_s(self) -> float:
        usual_s = self._mean_s + DEVIATIONS * self._deviation_s + INFERENCES * self._inference_s
        return float(max(LEAST_PATIENCE_S, usual_s) * 2**self._doublings)

    def answered(self, seconds: float) -> None:
        """Note that the board answered something so long after it was sent."""
        if self._measured:
            self._deviation_s += DEVIATION_SHARE * (abs(seconds - self._mean_s) - self._deviation_s)
            self._mean_s += MEAN_SHARE * (seconds - self._mean_s)
        else:
            self._measured, self._mean_s, self._deviation_s = True, seconds, seconds / 2

    def silent(self) -> None:
        """Note that nothing came for `wait_s`."""
        self._doublings += 1

    def heard(self) -> None:
        """Note that something came."""
        self._doublings = 0
