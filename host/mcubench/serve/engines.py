"""The engines by name; each needs a package that is imported only when the engine is chosen."""

from __future__ import annotations

from mcubench.errors import InputError
from mcubench.serve.engine import Engine

__all__ = ["ENGINES", "RESOLVERS", "load_engine"]

ENGINES = {"tflm": "tflite-micro", "litert": "ai-edge-litert"}
RESOLVERS = ("reference", "default")


def load_engine(name: str, resolver: str | None = None) -> Engine:
    """Return the engine of that name; `resolver` is which of LiteRT's kernels it takes, the reference ones if None.

    Raises InputError if there is no such engine, its package is not installed, or it has no choice of kernels.
    """
    if name not in ENGINES:
        raise InputError(f"no engine '{name}'; there is {', '.join(ENGINES)}")
    if resolver is not None and name != "litert":
        raise InputError(f"the engine {name} has no choice of kernels; leave --resolver out")
    try:
        return _load(name, resolver or RESOLVERS[0])
    except ImportError as exc:
        raise InputError(
            f"the engine {name} needs the package {ENGINES[name]} ({exc});"
            " run 'make setup', or pip install 'mcubench[serve]'"
        ) from exc


def _load(name: str, resolver: str) -> Engine:
    if name == "tflm":
        from mcubench.serve.tflm import TflmEngine

        return TflmEngine()
    from mcubench.serve.litert import LitertEngine

    return LitertEngine(reference=resolver == "reference")
