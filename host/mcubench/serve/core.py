"""An emulated Cortex-M0 as what a board is built on, and the engine in its image: docs/cortex-m0.md."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from pathlib import Path

from mcubench.image_layout import ImageLayout, read_layout
from mcubench.image_mark import read_mark
from mcubench.serve.compiled import read_compiled
from mcubench.serve.engine import EngineError, EngineStatus, OpenModel
from mcubench.serve.image import Image
from mcubench.serve.network import Network
from mcubench.serve.platform import Clock, LayerTimes
from mcubench.virtual.bare import BareCore, BareModel, BareTiming
from mcubench.virtual.loader import load_image

__all__ = ["CORE_NAME", "load_core"]

CORE_NAME = "cortex-m0"
_UID = b"virtual-m0".hex()
_COUNTER_MASK = 0xFFFF_FFFF
_NANOSECONDS = 1_000_000_000
# The wait states of an STM32F0 (RM0091, FLASH_ACR): none up to 24 MHz, one above. It starts with 8 MHz.
_CLOCKS_MHZ = {8: 0, 24: 0, 48: 1}
_OPTIONS = ("prefetch", "fast_multiplier")
_ENGINE_SOURCE = "engines/generated/engine.c"


def load_core(elf: Path) -> Image:
    """Return an image that is served by an emulated core; InputError if it is none for it or holds no model."""
    platform = CorePlatform(elf)
    networks = tuple(_network(model) for model in platform.models)
    code_sha256 = hashlib.sha256(elf.read_bytes()).hexdigest()
    arenas = tuple(model.arena_bytes for model in platform.models)
    mark = read_mark(elf)
    return Image(CoreEngine(platform), networks, arenas, platform, code_sha256, mark.build_id if mark else None)


def _network(model: BareModel) -> Network:
    return Network(
        name=model.name,
        sha256=model.sha256,
        data=b"",
        input_type=model.input_type,
        input_shape=(model.input_bytes,),
        input_bytes=model.input_bytes,
        output_type=model.output_type,
        output_bytes=model.output_bytes,
        layers=model.layers,
        flash_bytes=model.flash_bytes,
    )


class CorePlatform:
    """The core from power-on to power-on. Each clock setting is a core of its own, with the costs of that setting."""

    name = CORE_NAME
    uid = _UID
    counts_time = False
    options: tuple[str, ...] = _OPTIONS

    def __init__(self, elf: Path) -> None:
        self.core = CORE_NAME
        self.layout = read_layout(elf)
        self._image = load_image(elf)
        compiled = read_compiled(elf, _ENGINE_SOURCE)
        self.toolchain, self.flags = compiled.toolchain, compiled.flags
        self.clocks = tuple(_clock(mhz, dict.fromkeys(_OPTIONS, True)) for mhz in _CLOCKS_MHZ)
        self.restart()
        self.models = self.running.models()
        self.facts = self.running.facts

    @property
    def clock(self) -> Clock:
        """The setting that is active, with its options as they are."""
        return self._clock

    def restart(self) -> None:
        """Power off and on."""
        self._stack_used = 0
        self.opened: int | None = None
        self._take_clock(self.clocks[0])

    def set_clock(self, name: str, options: Mapping[str, bool]) -> None:
        """Go on with another setting, the open model still open."""
        self._stack_used = max(self._stack_used, self.running.stack_used_bytes)
        self._take_clock(_clock(int(name), {option: options.get(option, True) for option in _OPTIONS}))
        if self.opened is not None:
            self.running.open(self.opened)

    def read_counter(self) -> int:
        """Return cycles at the active clock: while the host waits, the core's time goes on as the host's does."""
        return time.perf_counter_ns() * self._clock.hz // _NANOSECONDS & _COUNTER_MASK

    def measure_overhead(self) -> int:
        """Return what the image has measured and taken off."""
        return self.running.overhead_cycles

    def memory(self) -> Mapping[str, int]:
        """Return what the linker has placed, and how deep the stack was."""
        layout: ImageLayout = self.layout
        return {
            "flash_image_bytes": layout.flash_bytes,
            "flash_engine_bytes": layout.size_bytes(".engine"),
            "flash_harness_bytes": layout.harness_flash_bytes,
            "ram_static_bytes": layout.ram_static_bytes,
            "rx_ring_bytes": 0,
            "stack_bytes": self.running.stack_bytes,
            "stack_used_bytes": max(self._stack_used, self.running.stack_used_bytes),
        }

    def evict_caches(self) -> None:
        """Do nothing: the core has no cache, so that a cold inference is a warm one."""

    def time_invoke(self, model: OpenModel, overhead_cycles: int) -> int:  # noqa: ARG002  the image takes it off
        """Return the cycles of one inference, as the image has counted them."""
        assert isinstance(model, CoreModel)
        model.invoke()
        return model.cycles

    def time_layers(self, model: OpenModel) -> LayerTimes:
        """Return the cycles of each layer."""
        assert isinstance(model, CoreModel)
        return model.time_layers()

    def _take_clock(self, clock: Clock) -> None:
        self._clock = clock
        timing = BareTiming(
            wait_states=int(clock.details["wait_states"]),
            prefetch=clock.details["prefetch"] == "1",
            fast_multiplier=clock.details["fast_multiplier"] == "1",
        )
        self.running = BareCore(self._image, self.layout.symbols, timing)


def _clock(mhz: int, options: Mapping[str, bool]) -> Clock:
    details = {"wait_states": str(_CLOCKS_MHZ[mhz])} | {name: str(int(on)) for name, on in options.items()}
    return Clock(str(mhz), mhz * 1_000_000, details)


class CoreEngine:
    """The engine in the image."""

    def __init__(self, platform: CorePlatform) -> None:
        self._platform = platform
        self.name, self.version, self.kernels = platform.facts
        self.flags = platform.flags

    def open(self, network: Network, arena_bytes: int | None) -> CoreModel:
        """Open a model of the image; its arena can be no smaller than planned, and no larger than there is."""
        platform = self._platform
        index = next(number for number, model in enumerate(platform.models) if model.name == network.name)
        model = platform.models[index]
        available = platform.layout.size_bytes(".arena")
        if arena_bytes is not None and not model.arena_bytes <= arena_bytes <= available:
            raise EngineError(EngineStatus.ARENA, f"needs {model.arena_bytes} of {available} bytes")
        if platform.running.open(index) != 0:
            raise EngineError(EngineStatus.MODEL, "does not open")
        platform.opened = index
        return CoreModel(platform, model)


class CoreModel:
    """The open model."""

    def __init__(self, platform: CorePlatform, model: BareModel) -> None:
        self._platform = platform
        self._model = model
        self._vector = bytes(model.input_bytes)
        self._output = bytes(model.output_bytes)
        self.arena_bytes: int | None = model.arena_bytes
        self.cycles = 0

    def set_input(self, data: bytes) -> None:
        """Take the vector of the next inference."""
        self._vector = data

    def invoke(self) -> None:
        """Run once."""
        status, self.cycles = self._platform.running.run(self._vector)
        self._finish(status)

    def time_layers(self) -> LayerTimes:
        """Run once, stopping after each layer."""
        status, layers, rest = self._platform.running.run_marked(self._vector)
        self._finish(status)
        sum_cycles = sum(layer.cycles for layer in layers)
        return LayerTimes(tuple((each.op, each.cycles) for each in layers), sum_cycles + rest, self._output)

    def output(self) -> bytes:
        """Return the output tensor of the last run."""
        return self._output

    def _finish(self, status: int) -> None:
        if status != 0:
            raise EngineError(EngineStatus.INVOKE, f"the image says {status}")
        self._output = self._platform.running.output(self._model.output_bytes)
