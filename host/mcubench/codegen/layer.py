"""What an operator becomes: calls of kernels with constant parameters."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field, fields

from mcubench.codegen.graph import Array

__all__ = ["Call", "Channel", "Channels", "Field", "Layer", "Weights", "Window", "flash_arrays"]


@dataclass(frozen=True)
class Window:
    """`kernels_window_t`: how a kernel moves over an image, in elements; the pads are those above and to the left."""

    in_height: int
    in_width: int
    in_channels: int
    out_height: int
    out_width: int
    out_channels: int
    kernel_height: int
    kernel_width: int
    stride_height: int
    stride_width: int
    dilation_height: int
    dilation_width: int
    pad_top: int
    pad_left: int

    def as_fields(self) -> dict[str, Field]:
        """Return the members by name, for a C initialiser."""
        return {member.name: getattr(self, member.name) for member in fields(self)}

    @property
    def taps(self) -> int:
        return self.kernel_height * self.kernel_width

    @property
    def out_pixels(self) -> int:
        return self.out_height * self.out_width

    @property
    def padded(self) -> bool:
        """True if some position of the window reaches beyond the image."""
        reach_y = (self.out_height - 1) * self.stride_height + (self.kernel_height - 1) * self.dilation_height
        reach_x = (self.out_width - 1) * self.stride_width + (self.kernel_width - 1) * self.dilation_width
        return self.pad_top > 0 or self.pad_left > 0 or reach_y >= self.in_height or reach_x >= self.in_width


@dataclass(frozen=True)
class Channel:
    """`kernels_channel_t`: from the sum of one output channel to int8."""

    bias: int
    multiplier: int
    shift: int


@dataclass(frozen=True)
class Channels:
    """A table of `kernels_channel_t` in flash; a parameter that points to it."""

    values: tuple[Channel, ...]

    @property
    def bytes(self) -> int:
        return 12 * len(self.values)

    @property
    def content(self) -> Hashable:
        """What is equal if the same array in flash will do."""
        return self.values


@dataclass(frozen=True)
class Weights:
    """An array of numbers in flash; a parameter that points to it."""

    values: Array

    @property
    def bytes(self) -> int:
        return int(self.values.nbytes)

    @property
    def content(self) -> Hashable:
        """What is equal if the same array in flash will do."""
        return self.values.dtype.name, self.values.tobytes()


# What a parameter can be: a number, a small array inside the struct, an array in flash, or a struct of these.
Field = int | float | tuple[int, ...] | Channels | Weights | Mapping[str, "Field"]


def flash_arrays(name: str, parameters: Mapping[str, Field]) -> Iterator[tuple[str, Channels | Weights]]:
    """Yield the arrays that parameters called `name` point to, with a name each, those of nested structs included."""
    for key, value in parameters.items():
        if isinstance(value, Mapping):
            yield from flash_arrays(f"{name}_{key}", value)
        elif isinstance(value, (Channels, Weights)):
            yield f"{name}_{key}", value


@dataclass(frozen=True)
class Call:
    """One call `kernel(&parameters, inputs..., outputs...[, scratch])`; inputs and outputs are tensors.

    `parameters_type` is the C type of the parameters where it is not that of the kernel, e.g. of both kinds of pool.
    """

    kernel: str
    parameters: Mapping[str, Field]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    input_type: str = "int8_t"
    output_type: str = "int8_t"
    scratch_type: str = ""
    parameters_type: str = ""

    @property
    def type(self) -> str:
        return self.parameters_type or f"{self.kernel}_t"


@dataclass(frozen=True)
class Layer:
    """One operator: what it reads and writes, constants left out, and the calls that compute it.

    Without calls it is a copy of its one input, which is nothing if its output has the input's address.
    `in_place` are the inputs whose memory the first output may take.
    `states` are tensors that the operator reads and writes and that an inference starts with; each has the byte that
    its memory is filled with first.
    """

    op: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    calls: tuple[Call, ...] = ()
    scratch_bytes: int = 0
    in_place: tuple[int, ...] = ()
    states: Mapping[int, int] = field(default_factory=dict)
    macs: int = 0
    weights: int = 0
