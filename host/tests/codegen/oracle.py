"""The reference kernels in a process of their own, as they abort it on some inputs."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from types import TracebackType

from reference import Array, run_reference

__all__ = ["Oracle", "OracleError"]

_TIMEOUT_S = 60


class OracleError(Exception):
    """The reference kernels give no outputs for a network: they refuse it, or abort."""


class Oracle:
    """Runs the reference kernels; a context manager.

    Usage:

        with Oracle() as oracle:
            outputs = oracle.run(model, inputs)
    """

    def __init__(self) -> None:
        self._pool = _start()

    def __enter__(self) -> Oracle:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown()

    def run(self, model: bytes, inputs: Array) -> Array:
        """Return the outputs, shape (count, *output shape); OracleError if there are none."""
        try:
            return self._pool.submit(run_reference, model, inputs).result(_TIMEOUT_S)
        except BrokenProcessPool as exc:
            self._pool = _start()
            raise OracleError("aborts") from exc
        except (RuntimeError, ValueError) as exc:
            raise OracleError(str(exc).strip().splitlines()[0]) from exc


def _start() -> ProcessPoolExecutor:
    # A new interpreter: this process may have threads, which a fork would not survive.
    return ProcessPoolExecutor(1, get_context("spawn"))
