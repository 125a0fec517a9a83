"""The newest results of a board: those that wait to be sent, and those that are kept to be sent again."""

from __future__ import annotations

from mcubench.protocol.frames import VectorResult

__all__ = ["MOST_VECTORS", "ResultStore"]

# As in the firmware.
STORE_BYTES = 2048
BATCH_BYTES = 448
ITEM_BYTES = 9  # besides the output
SHRUNK_MOST = 5
CALM_RESULTS = 64
# Indices have 32 bits.
MOST_VECTORS = 1 << 32


class ResultStore:
    """`add` results, and `take` batches of those that wait. After AGAIN batches are smaller, and grow after a while."""

    def __init__(self) -> None:
        self._shrunk = 0
        self._calm = 0
        self.restart(0)

    def restart(self, next_index: int) -> None:
        """Forget all results; the next one is that of vector `next_index`."""
        self._next = next_index
        self._kept: list[VectorResult] = []
        self._waiting = 0

    def add(self, result: VectorResult) -> None:
        """Take the result of the next vector, which then waits; the oldest that is kept makes room."""
        self._calm += 1
        if self._calm == CALM_RESULTS:
            self._calm = 0
            self._shrunk = max(0, self._shrunk - 1)
        self._next = (result.index + 1) % MOST_VECTORS
        self._kept.append(result)
        self._waiting += 1
        # One that is larger than the store is kept until it is sent.
        places = max(self._waiting, STORE_BYTES // self._item_bytes)
        del self._kept[:-places]

    def again(self, index: int) -> None:
        """Let all results wait that are kept of vector `index` and later."""
        self._waiting = max(self._waiting, min(len(self._kept), self._next - index))
        self._shrunk = min(SHRUNK_MOST, self._shrunk + 1)
        self._calm = 0

    @property
    def oldest(self) -> int:
        """The index of the oldest result that is kept, that of the next one if none is."""
        return (self._next - len(self._kept)) % MOST_VECTORS

    @property
    def waiting(self) -> int:
        """How many results wait."""
        return self._waiting

    @property
    def batch_is_full(self) -> bool:
        """Whether a full batch waits."""
        return self._waiting >= self._most_in_batch

    def take(self) -> list[VectorResult]:
        """Return the next batch of those that wait."""
        start = len(self._kept) - self._waiting
        batch = self._kept[start : start + self._most_in_batch]
        self._waiting -= len(batch)
        if self._item_bytes > STORE_BYTES:
            self._kept.clear()
        return batch

    @property
    def _item_bytes(self) -> int:
        return ITEM_BYTES + len(self._kept[-1].output)

    @property
    def _most_in_batch(self) -> int:
        return max(1, (BATCH_BYTES >> self._shrunk) // self._item_bytes)
