"""A .tflite model as plain data."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Array", "Graph", "Operator", "Options", "Quantization", "Tensor"]

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Quantization:
    """Real value = scale x (stored value - zero point); one scale, or one per index along `axis`."""

    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    axis: int


@dataclass(frozen=True)
class Tensor:
    """One tensor; `data` is None unless it is a constant. `type` is the schema's name in lower case, e.g. "int8".

    A variable keeps its values from one run of its operator to the next.
    """

    index: int
    type: str
    shape: tuple[int, ...]
    quantization: Quantization | None
    data: Array | None
    variable: bool = False

    @property
    def elements(self) -> int:
        return math.prod(self.shape)

    @property
    def bytes(self) -> int:
        return self.elements * np.dtype(self.type).itemsize


@dataclass(frozen=True)
class Options:
    """What the operators' option tables hold, for those operators that have it; sizes in elements.

    `bias_type` is that of sums and biases with int16 inputs; "float32" where a file does not say it. The masks are
    those of STRIDED_SLICE, with one bit per dimension.
    """

    activation: str = "NONE"
    padding: str = "VALID"
    stride_height: int = 1
    stride_width: int = 1
    dilation_height: int = 1
    dilation_width: int = 1
    kernel_height: int = 1
    kernel_width: int = 1
    depth_multiplier: int = 1
    weights_format: int = 0
    bias_type: str = "float32"
    beta: float = 1.0
    alpha: float = 0.0
    axis: int = 0
    keep_dims: bool = False
    splits: int = 0
    squeeze_dims: tuple[int, ...] = ()
    begin_mask: int = 0
    end_mask: int = 0
    ellipsis_mask: int = 0
    new_axis_mask: int = 0
    shrink_axis_mask: int = 0
    offset: bool = False
    align_corners: bool = False
    half_pixel_centers: bool = False
    rank: int = 0
    cell_clip: float = 0.0
    projection_clip: float = 0.0
    time_major: bool = False
    asymmetric_inputs: bool = False
    pot_scale_int16: bool = True


@dataclass(frozen=True)
class Operator:
    """One operator; an input of -1 is an optional input that is absent.

    Intermediates are tensors of which only the quantisation means something: of values inside the operator.
    """

    index: int
    name: str
    version: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Options
    intermediates: tuple[int, ...] = ()


@dataclass(frozen=True)
class Graph:
    """A model with one input and one output tensor; operators in the order they run."""

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    input: int
    output: int
