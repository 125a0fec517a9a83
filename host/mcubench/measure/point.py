"""Measuring one point, in steps that can be read from top to bottom."""

from __future__ import annotations

import hashlib
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from mcubench.errors import BoardError, CheckFailedError, ClockError, LinkError, WrongOutputError
from mcubench.measure.bench import Bench, Settings
from mcubench.measure.clockcheck import TOLERANCE, check_clock
from mcubench.measure.plan import Point
from mcubench.measure.statistics import cycle_figures, latencies
from mcubench.models import METRICS, SCORE_NEEDS_VECTORS, Vectors, compare_outputs, score
from mcubench.protocol import ModelInfo, VectorStream
from mcubench.recovery import Rung
from mcubench.store import BLOCKED, Record

__all__ = ["PointMeasurement", "blocked_record"]

# The error code of what a board cannot do, such as timing layers that its engine does not show.
CANNOT = "refused"

# What a failed point does not have.
TIMES = (
    *("latency_us_min", "latency_us_median", "latency_us_p95", "latency_us_max"),
    *("cold_latency_us", "samples_us"),
)

T = TypeVar("T")


class PointMeasurement:
    """One attempt at a point, on its way to a record. `on_step(name)` is called before each step.

    `doing` is the step under way, `recoveries` what had to be done to the board meanwhile.
    """

    def __init__(
        self,
        bench: Bench,
        point: Point,
        vectors: Vectors,
        settings: Settings,
        run_id: str,
        on_step: Callable[[str], None],
    ) -> None:
        self._bench = bench
        self._board = bench.board
        self._point = point
        self._vectors = vectors.first(point.vectors)
        self._settings = settings
        self._on_step = on_step
        self._model = next(each for each in bench.models if each.name == point.model.name)
        self._counter_hz = 0  # of the counter that times inferences, known once the clock is set
        self._expected_s = 0.0  # of one inference, known after the first
        self._record = _empty_record(bench, point, self._model, run_id)
        self._host_crc_errors = 0
        self.doing = ""
        self.recoveries: list[dict[str, Any]] = []

    def measure(self) -> Record:
        """Return the record. What the board does wrong makes a failed record.

        Raises RestartedError if the board was reset meanwhile: all is void then. A rig that fails raises RigError.
        """
        start_s = time.monotonic()
        self._prepare_line()
        try:
            self._set_clock()
            self._select_model()
            outputs = self._check_outputs()
            self._time_inferences(outputs[0])
            self._time_layers(outputs[0])
        except (CheckFailedError, BoardError) as exc:
            self._fail(exc)
        self._take_leave()
        return replace(self._record, elapsed_s=round(time.monotonic() - start_s, 3))

    @property
    def started_at(self) -> str:
        """When it began."""
        return self._record.started_at

    def failed(self, error: Exception) -> Record:
        """Return the record as far as it got, as that of a point that fails with `error`."""
        self._fail(error)
        return self._record

    def _prepare_line(self) -> None:
        """Settle the line's rate, and note how many errors both ends have counted by then."""
        with self._step("settling the line's rate"):
            self._bench.settle(self._board)
            self._before = self._board.info()
            self._host_crc_errors = self._board.channel.crc_errors

    def _set_clock(self) -> None:
        clock = self._point.clock
        with self._step(f"setting the clock {clock.name}"):
            state = self._board.set_clock(clock.name, overclock=clock.overclock)
        self._counter_hz = state.hz
        self._update(settings={"name": state.name, **state.settings})
        with self._step("verifying the clock"):
            check = check_clock(self._board, state.hz)
        # What a PC counts with says nothing of its CPU's clock.
        if not self._counts_time:
            self._update(clock_hz=state.hz, clock_verified_hz=check.verified_hz)
        if not check.good:
            what, left = ("the counter", "times") if self._counts_time else ("the CPU", "cycles")
            self._fail(
                ClockError(
                    f"{what} runs at {check.verified_hz / 1e6:.2f} MHz by the host's clock, the board believes"
                    f" {state.hz / 1e6:.2f} MHz ({check.deviation:+.1%}, at most {TOLERANCE:.0%} is allowed);"
                    f" {left} are unverified"
                )
            )

    def _select_model(self) -> None:
        with self._step("selecting the model"):
            self._update(arena_bytes=self._board.select(self._point.model.name).arena_bytes)

    def _check_outputs(self) -> list[bytes]:
        """Run all vectors and return their outputs, which are right."""
        outputs = self._stream(self._vectors)
        model = self._point.model
        comparison = compare_outputs(outputs, self._vectors.outputs, model.output)
        self._update(
            vectors=len(outputs),
            metric=model.metric,
            score=self._score(outputs),
            score_threshold=model.threshold,
            bit_exact=comparison.bit_exact,
            outputs_sha256=hashlib.sha256(b"".join(outputs)).hexdigest(),
            max_abs_error=_finite(comparison.max_error),
        )
        if not comparison.within(model.tolerance_of(self._bench.info.engine)):
            raise WrongOutputError(comparison.summary)
        if len(outputs) >= SCORE_NEEDS_VECTORS:
            self._check_score()
        return outputs

    def _score(self, outputs: Sequence[bytes]) -> float | None:
        model, labels = self._point.model, self._vectors.labels
        if model.metric is None or labels is None:
            return None
        return score(model.metric, model.output.decode(outputs), labels, model.output)

    def _check_score(self) -> None:
        """WrongOutputError if the score is worse than the model's threshold, which it need not have."""
        model, reached = self._point.model, self._record.score
        if model.metric is None or model.threshold is None or METRICS[model.metric].reaches(reached, model.threshold):
            return
        seen = "not a number" if reached is None else f"{reached:.4g}"
        limit = METRICS[model.metric].limit_word
        raise WrongOutputError(f"{model.metric} is {seen}, {limit} {model.threshold} was expected")

    def _stream(self, vectors: Vectors) -> list[bytes]:
        stream = VectorStream(self._board, self._model, vectors.payload())
        outputs = [b""] * len(vectors)
        with self._step(f"checking {len(vectors)} vectors"):
            for result in stream:
                if result.status != 0:
                    raise CheckFailedError(f"the engine failed with status {result.status} on vector {result.index}")
                outputs[result.index] = result.output
                self._note_progress()
                if self._counter_hz:
                    self._expected_s = result.cycles / self._counter_hz
        self._update(**asdict(stream.traffic))
        return outputs

    def _time_inferences(self, output: bytes) -> None:
        self._stage_first_vector()
        with self._step(f"timing {self._settings.samples} inferences"):
            warm = self._run(self._settings.samples, output, cold=False)
        with self._step(f"timing {self._settings.cold_samples} cold inferences"):
            cold = self._refusable(lambda: self._run(self._settings.cold_samples, output, cold=True))
        self._update(n=len(warm))
        if not self._counts_time:
            self._update(**cycle_figures(warm, cold))
        # Microseconds would be wrong if the clock is.
        if self._record.status == "ok":
            self._update(**latencies(warm, cold, self._counter_hz))
            self._update(samples_us=self._microseconds(warm) if self._counts_time else None)

    def _stage_first_vector(self) -> None:
        """Leave the same vector on the board at every point, so that latencies compare."""
        first = self._vectors.first(1)
        with self._step("sending the vector to time"):
            for _ in VectorStream(self._board, self._model, first.payload(), self._expected_s):
                pass

    def _run(self, count: int, output: bytes, cold: bool) -> list[int]:
        """Return the cycles of `count` inferences whose input was the first vector and whose output was right."""
        run = self._board.run(count, cold, self._expected_s * count)
        if run.input_crc32 != zlib.crc32(self._vectors.first(1).payload()):
            raise CheckFailedError("the timed input is not the vector that was sent")
        if run.output_crc32 != zlib.crc32(output) or not run.stable:
            raise WrongOutputError("a timed inference has another output than the one that was checked")
        return list(run.cycles)

    def _time_layers(self, output: bytes) -> None:
        with self._step("timing the layers"):
            layers = self._refusable(lambda: self._board.layers(self._expected_s))
        if layers is None:
            return
        if layers.output_crc32 != zlib.crc32(output):
            raise WrongOutputError("the inference timed by layers has another output than the one that was checked")
        if not self._counts_time:
            self._update(
                layers=[asdict(layer) for layer in layers.layers], layers_unexplained_cycles=layers.unexplained_cycles
            )
        elif self._record.status == "ok":
            times = self._microseconds([layer.cycles for layer in layers.layers])
            named = zip(layers.layers, times, strict=True)
            self._update(layers=[{"index": layer.index, "op": layer.op, "us": us} for layer, us in named])

    def _take_leave(self) -> None:
        """Read the stack's high-water mark and counts of errors, and make sure that the board was not reset."""
        with self._step("reading the stack's high-water mark"):
            info = self._board.info()
        self._update(
            stack_bytes=info.stack_used_bytes,
            link_baud=self._board.link.baud if self._board.link.has_rate and not self._counts_time else None,
            board_crc_errors=info.crc_errors - self._before.crc_errors,
            host_crc_errors=self._board.channel.crc_errors - self._host_crc_errors,
            overruns=info.overruns - self._before.overruns,
        )

    @property
    def _counts_time(self) -> bool:
        """Whether what the board calls cycles is time, in ticks of its counter."""
        return self._bench.info.counts_time

    @staticmethod
    def _refusable(ask: Callable[[], T]) -> T | None:
        """Return what a board answers, or None if it cannot do that at all."""
        try:
            return ask()
        except BoardError as exc:
            if exc.code == CANNOT:
                return None
            raise

    def _microseconds(self, ticks: Sequence[int]) -> list[float]:
        return [each / self._counter_hz * 1e6 for each in ticks]

    def _update(self, **fields: Any) -> None:
        self._record = replace(self._record, **fields)

    def _fail(self, exc: Exception) -> None:
        # The first trouble is the cause of those that follow. Whatever it was, the times are not to be believed.
        if self._record.status == "ok":
            self._update(status="failed", error=str(exc), **dict.fromkeys(TIMES))

    def _note_progress(self) -> None:
        if self._bench.ladder:
            self._bench.ladder.note_progress()

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        self.doing = name
        self._on_step(name)
        ladder = self._bench.ladder
        first = len(ladder.steps) if ladder else 0
        if ladder:
            ladder.on_rung = self._tell_rung
        try:
            yield
            self._note_progress()
        except LinkError as exc:
            where = f"while {name} of {self._point.model.name} at clock {self._point.clock.name}"
            raise LinkError(exc.port, f"{where}: {str(exc).removeprefix(exc.port + ': ')}") from exc
        finally:
            if ladder:
                steps = ladder.steps[first:]
                self.recoveries += [{"doing": name, **asdict(step), "step": str(step.step)} for step in steps]

    def _tell_rung(self, rung: Rung | None) -> None:
        self._on_step(f"recovering: {rung}" if rung else self.doing)


def blocked_record(bench: Bench, point: Point, run_id: str, why: str) -> Record:
    """Return the record of a point that is not measured, because the board is lost that was there before."""
    model = next(each for each in bench.models if each.name == point.model.name)
    return replace(_empty_record(bench, point, model, run_id), status=BLOCKED, error=why)


def _empty_record(bench: Bench, point: Point, model: ModelInfo, run_id: str) -> Record:
    """Return a record with all that is known before anything was measured."""
    info = bench.info
    return Record(
        run_id=run_id,
        point_id=point.id,
        started_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        address=bench.address,
        board_name=bench.name,
        board=info.board,
        core=info.core,
        board_uid=info.uid,
        engine=info.engine,
        engine_version=info.engine_version,
        engine_kernels=info.kernels,
        model=model.name,
        model_sha256=model.sha256,
        model_macs=point.model.macs,
        firmware_build=info.build_id,
        toolchain=info.toolchain,
        flags=info.flags,
        main_clock=point.main,
        timing=info.timing,
        timing_model=bench.timing_model,
        flash_model_bytes=model.flash_bytes,
        flash_other_models_bytes=_others_flash(bench, model),
        flash_engine_bytes=info.flash_engine_bytes,
        flash_harness_bytes=info.flash_harness_bytes,
        flash_image_bytes=info.flash_image_bytes,
        ram_static_bytes=info.ram_static_bytes,
    )


def _others_flash(bench: Bench, model: ModelInfo) -> int | None:
    """Return the bytes of the other models in the image, or None if those of any are not known."""
    known = [each.flash_bytes for each in bench.models if each.flash_bytes is not None]
    return sum(known) - (model.flash_bytes or 0) if len(known) == len(bench.models) else None


def _finite(value: float) -> float | None:
    return value if value != float("inf") else None
