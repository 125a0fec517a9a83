"""One measured point. docs/usage.md explains every field: unit, kind, and what null means."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

__all__ = ["BLOCKED", "TIMED_FIELDS", "Record", "point_id"]

# The status of a point that was not measured.
BLOCKED = "blocked"

# What `timing` is about: a measured value and a modelled one of these never share a column.
TIMED_FIELDS = frozenset(
    {
        "cycles_min",
        "cycles_median",
        "cycles_p95",
        "cycles_max",
        "cold_cycles",
        "latency_us_min",
        "latency_us_median",
        "latency_us_p95",
        "latency_us_max",
        "cold_latency_us",
        "samples",
        "cold_samples",
        "samples_us",
        "layers",
        "layers_unexplained_cycles",
    }
)


def point_id(board: str, engine: str, model: str, clock: str) -> str:
    """Return the name of a point within a run."""
    return f"{board}/{engine}/{model}/{clock}"


@dataclass(frozen=True, kw_only=True)
class Record:
    """What was found at one point of a sweep. None means "not known", never zero.

    `status` is "ok", "failed" or "blocked"; a failed point says why in `error` and keeps what was found before. A
    blocked one was not measured, because its board was lost, and is replaced once it is. `board_name` is what the rig
    file calls the board.
    """

    run_id: str
    point_id: str
    started_at: str
    status: str = "ok"
    error: str | None = None

    address: str | None = None
    board_name: str | None = None
    board: str
    core: str
    board_uid: str
    engine: str
    engine_version: str
    engine_kernels: str | None = None
    model: str
    model_sha256: str
    model_macs: int | None = None
    firmware_build: str
    toolchain: str
    flags: str

    clock_hz: int | None = None
    clock_verified_hz: int | None = None
    main_clock: bool | None = None
    settings: dict[str, str] = dataclasses.field(default_factory=dict)
    timing: str
    timing_model: str | None = None

    n: int | None = None
    cycles_min: int | None = None
    cycles_median: float | None = None
    cycles_p95: int | None = None
    cycles_max: int | None = None
    cold_cycles: float | None = None
    latency_us_min: float | None = None
    latency_us_median: float | None = None
    latency_us_p95: float | None = None
    latency_us_max: float | None = None
    cold_latency_us: float | None = None
    samples: list[int] | None = None
    cold_samples: list[int] | None = None
    samples_us: list[float] | None = None
    layers: list[dict[str, Any]] | None = None
    layers_unexplained_cycles: int | None = None

    flash_model_bytes: int | None = None
    flash_other_models_bytes: int | None = None
    flash_engine_bytes: int | None = None
    flash_harness_bytes: int | None = None
    flash_image_bytes: int | None = None
    ram_static_bytes: int | None = None
    arena_bytes: int | None = None
    stack_bytes: int | None = None

    vectors: int | None = None
    metric: str | None = None
    score: float | None = None
    score_threshold: float | None = None
    bit_exact: bool | None = None
    outputs_sha256: str | None = None
    max_abs_error: float | None = None

    payload_bytes: int | None = None
    wire_tx_bytes: int | None = None
    wire_rx_bytes: int | None = None
    retransmits: int | None = None
    link_baud: int | None = None
    board_crc_errors: int | None = None
    host_crc_errors: int | None = None
    overruns: int | None = None
    attempts: int | None = None
    interruptions: list[str] | None = None
    recoveries: list[dict[str, Any]] | None = None
    elapsed_s: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the record as JSON knows it."""
        return dataclasses.asdict(self)
