"""A scripted board: it speaks the whole protocol and computes nothing, because it knows all outputs beforehand.

It stands for a board where many are needed at once, to see what the host does with a hundred of them. Its times are
those it was told, so they say nothing of any network or chip: they are labelled `modelled`, as a virtual board's are,
and board, core and engine all call themselves `scripted`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from mcubench.errors import InputError
from mcubench.models import find_models_folder, load_model, read_vectors
from mcubench.serve.engine import EngineError, EngineStatus, OpenModel
from mcubench.serve.image import Image
from mcubench.serve.network import Network, find_networks
from mcubench.serve.platform import Clock, LayerTimes

__all__ = ["SCRIPTED", "Script", "ScriptedPlatform", "read_script", "scripted_image"]

SCRIPTED = "scripted"
# A unique id that begins so makes all times `modelled`: docs/protocol.md.
_UID_FORM = "virtual-s{:04d}"
_CLOCKS = tuple(Clock(str(mhz), mhz * 1_000_000, {}) for mhz in (50, 100))
_COUNTER_MASK = 0xFFFF_FFFF

Outputs = Mapping[bytes, bytes]


class Script:
    """The models that are known, and the output for each input vector of each."""

    def __init__(self, networks: Sequence[Network], outputs: Sequence[Outputs]) -> None:
        self.networks = tuple(networks)
        self._outputs = {network.name: known for network, known in zip(networks, outputs, strict=True)}

    def outputs_of(self, network: Network) -> Outputs:
        """Return the output of each vector of a model."""
        return self._outputs[network.name]


def read_script(names: Sequence[str], models_folder: Path | None = None) -> Script:
    """Read the golden outputs of the model folders that are named; InputError if one is not there or damaged."""
    if not names:
        raise InputError("name a model whose outputs the scripted boards know")
    folder = find_models_folder(models_folder)
    models = [load_model(name, folder) for name in names]
    known = []
    for vectors in map(read_vectors, models):
        pairs = zip(vectors.inputs, vectors.outputs, strict=True)
        known.append({given.tobytes(): made.tobytes() for given, made in pairs})
    return Script(find_networks([str(model.folder) for model in models]), known)


def scripted_image(script: Script, platform: ScriptedPlatform) -> Image:
    """Return what a scripted board is "flashed" with."""
    return Image(_Engine(script), script.networks, (None,) * len(script.networks), platform)


class ScriptedPlatform:
    """A counter that follows the board's own time, `time_s`, to which every inference adds what it is told to take.

    Whoever runs the board sets `time_s` to the moment at which bytes reach it.
    """

    name = SCRIPTED
    core = SCRIPTED
    counts_time = False
    toolchain = "none"
    clocks = _CLOCKS
    options: tuple[str, ...] = ()

    def __init__(self, number: int, inference_cycles: int) -> None:
        self.uid = _UID_FORM.format(number).encode().hex()
        self.time_s = 0.0
        self._inference_cycles = inference_cycles
        self.restart()

    @property
    def clock(self) -> Clock:
        """The setting that is active."""
        return self._clock

    def restart(self) -> None:
        """Start with the slower clock."""
        self._clock = self.clocks[0]

    def set_clock(self, name: str, options: Mapping[str, bool]) -> None:  # noqa: ARG002  there are none
        """Go on with another clock."""
        self._clock = next(clock for clock in self.clocks if clock.name == name)

    def read_counter(self) -> int:
        """Return the cycles of the board's own time."""
        return int(self.time_s * self._clock.hz) & _COUNTER_MASK

    def measure_overhead(self) -> int:
        """Return nothing: reading takes no time."""
        return 0

    def memory(self) -> Mapping[str, int]:
        """Return nothing: there is none."""
        return {}

    def evict_caches(self) -> None:
        """Do nothing: there are none."""

    def time_invoke(self, model: OpenModel, overhead_cycles: int) -> int:  # noqa: ARG002  it is 0
        """Look the output up, and let the board's time go on by what an inference is told to take."""
        model.invoke()
        self.time_s += self._inference_cycles / self._clock.hz
        return self._inference_cycles

    def time_layers(self, model: OpenModel) -> LayerTimes | None:  # noqa: ARG002  as the contract has it
        """Return None: no layer is computed."""
        return None


class _Engine:
    name = SCRIPTED
    version = "1"
    kernels = SCRIPTED
    flags = "none"

    def __init__(self, script: Script) -> None:
        self._script = script

    def open(self, network: Network, arena_bytes: int | None) -> _Model:
        if arena_bytes is not None:
            raise EngineError(EngineStatus.ARENA, "a scripted board has no arena")
        return _Model(self._script.outputs_of(network), network.output_bytes)


class _Model:
    arena_bytes = None

    def __init__(self, outputs: Outputs, output_bytes: int) -> None:
        self._outputs = outputs
        self._input = b""
        self._output = bytes(output_bytes)

    def set_input(self, data: bytes) -> None:
        self._input = data

    def invoke(self) -> None:
        """Look up; EngineError for a vector that is not in the model's folder."""
        output = self._outputs.get(self._input)
        if output is None:
            raise EngineError(EngineStatus.INVOKE, "not a vector of the model's folder")
        self._output = output

    def output(self) -> bytes:
        return self._output
