"""Models that are broken on purpose: good files, changed as a string of bytes tells, by their parts or anywhere.

A file is good when it is picked: one that ships, or a small network with an operator of each kind. Then either words of
it that a reader looks at are changed (offsets, lengths, numbers: tables come to overlap, lists become endless), or any
bytes, or its tensors and operators before the file is written, so that it is sound as a flatbuffer and makes no sense.
"""

from __future__ import annotations

import copy
import struct
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
from hostile_board import Script

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tools"))  # for tflite_builder
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "codegen"))  # for random_networks

from random_networks import RandomNetwork, random_network
from tflite_builder import TfliteBuilder

from mcubench.codegen.reader import read_graph

__all__ = ["hostile_model"]

ROOT = Path(__file__).resolve().parents[3]
SEEDS = range(40)
# Numbers at which sizes, counts and indices begin to mean something else.
NUMBERS = (0, 1, 2, 3, 4, 7, 8, 16, 127, 128, 255, 256, 4095, 4096, 4097, 65535, 65536, 0x3FFFFFFF, 0x7FFFFFFF,
           0x80000000, 0xFFFFFFFC, 0xFFFFFFFF)  # fmt: skip
SIZES = (0, 1, 2, 3, 4, 5, 8, 16, 128, 4096, 1 << 16, 1 << 26, (1 << 31) - 1, -1, -(1 << 31))
SCALES = (0.0, 1.0, -1.0, 1e-45, 1e-30, 1e30, 3e38, float("inf"), float("nan"), 0.1, 1 / 256)
TYPES = (np.float32, np.int8, np.uint8, np.int16, np.int32, np.int64)
FLOATS = ("Beta", "Alpha", "CellClip", "ProjClip")
# Of a constant: what its shape asks for is not built, for the fuzzer's own memory.
MOST_ELEMENTS = 1 << 16


def hostile_model(data: bytes) -> bytes:
    """Return the file that these bytes tell."""
    script = Script(data)
    if script.number(3) == 0:
        return _changed_parts(script)
    file = bytearray(_good_file(script.number(len(_shipped()) + len(SEEDS))))
    changes = (_change_word, _change_word, _change_word, _change_byte, _move_block)
    for _ in range(1 + script.number(6)):
        changes[script.number(len(changes))](file, script)
    return bytes(file[: 1 + script.number(1 << 16)] if script.number(16) == 1 else file)


@cache
def _shipped() -> list[bytes]:
    files = (path.read_bytes() for path in sorted((ROOT / "models").glob("*/model.tflite")))
    return [file for file in files if len(file) < 150_000]


@cache
def _network(seed: int) -> RandomNetwork:
    return random_network(seed)


@cache
def _good_file(number: int) -> bytes:
    shipped = _shipped()
    return shipped[number] if number < len(shipped) else _network(SEEDS[number - len(shipped)]).data


@cache
def _places(file: bytes) -> list[int]:
    """Return where the reader looks in a good file, a word at a time."""
    places: set[int] = set()
    real: Callable[..., Any] = flatbuffers.encode.Get

    def seen(packer: Any, buffer: Any, place: int) -> Any:
        places.add(place)
        return real(packer, buffer, place)

    flatbuffers.encode.Get = seen
    try:
        read_graph(file)
    finally:
        flatbuffers.encode.Get = real
    return sorted(place for place in places if place + 4 <= len(file))


def _change_word(file: bytearray, script: Script) -> None:
    """Put a telling number, one nearby, or a word from elsewhere where the reader looks."""
    known = [place for place in _places_of(file) if place + 4 <= len(file)]
    if not known:
        return
    place = known[script.number(len(known))]
    (old,) = struct.unpack_from("<I", file, place)
    kind = script.number(4)
    if kind == 0:
        new = NUMBERS[script.number(len(NUMBERS))]
    elif kind == 1:
        new = old + script.number() - 128
    elif kind == 2:
        (new,) = struct.unpack_from("<I", file, known[script.number(len(known))])
    else:  # so that it points to another place that the reader knows
        new = known[script.number(len(known))] - place
    struct.pack_into("<I", file, place, new & 0xFFFFFFFF)


def _places_of(file: bytearray) -> list[int]:
    """Return the places of the good file that this one was, which its length tells well enough."""
    for number in range(len(_shipped()) + len(SEEDS)):
        if len(_good_file(number)) == len(file):
            return _places(_good_file(number))
    return list(range(0, len(file) - 4, 4))


def _change_byte(file: bytearray, script: Script) -> None:
    if file:
        file[script.number(1 << 16) % len(file)] = script.number()


def _move_block(file: bytearray, script: Script) -> None:
    """Remove, repeat or overwrite a few bytes."""
    start, length = script.number(1 << 16) % (len(file) + 1), script.number()
    block = bytes(file[start : start + length])
    kind = script.number(3)
    if kind == 0:
        del file[start : start + length]
    elif kind == 1:
        file[start:start] = block
    else:
        to = script.number(1 << 16) % (len(file) + 1)
        file[to : to + length] = block


def _changed_parts(script: Script) -> bytes:
    """Return a sound file of a network whose tensors and operators were changed."""
    network = _network(SEEDS[script.number(len(SEEDS))])
    model: TfliteBuilder = copy.deepcopy(network.graph.model)
    for _ in range(1 + script.number(4)):
        (_change_operator if script.number(2) else _change_tensor)(model, script)
    ends = [_index(script, model)] if script.number(8) == 1 else [network.output]
    return model.build([network.graph.live[0].index], ends)


def _index(script: Script, model: TfliteBuilder) -> int:
    return script.number(len(model.tensors) + 2) - 1


def _change_tensor(model: TfliteBuilder, script: Script) -> None:
    tensor = model.tensors[script.number(len(model.tensors))]
    kind = script.number(8)
    if kind < 2:
        shape = list(tensor.shape)
        if shape and script.number(4):
            shape[script.number(len(shape))] = SIZES[script.number(len(SIZES))]
        else:
            shape.append(SIZES[script.number(len(SIZES))])
        tensor.shape = tuple(shape)
    elif kind == 2:
        tensor.dtype = np.dtype(TYPES[script.number(len(TYPES))])
    elif kind == 3:
        tensor.scales = [SCALES[script.number(len(SCALES))] for _ in range(script.number(4))]
        tensor.zero_points = [script.number(1 << 16) - 300 for _ in tensor.scales]
    elif kind == 4:
        tensor.axis = script.number() - 2
    elif kind == 5:
        tensor.variable = not tensor.variable
    elif kind == 6:
        tensor.data = None if tensor.data is not None else _constant(tensor, script)
    elif tensor.data is not None:
        tensor.data = _constant(tensor, script)


def _constant(tensor: Any, script: Script) -> np.ndarray[Any, Any]:
    """Return a constant as its tensor's shape asks for, or of some other size."""
    elements = int(np.prod([max(size, 0) for size in tensor.shape], dtype=float))
    if script.number(4) == 0 or elements > MOST_ELEMENTS:
        elements = script.number(64)
    seed = np.frombuffer(script.take(8), np.uint8)
    return np.resize(seed, elements * tensor.dtype.itemsize).view(tensor.dtype)


def _change_operator(model: TfliteBuilder, script: Script) -> None:
    operator = model.operators[script.number(len(model.operators))]
    kind = script.number(6)
    if kind == 0:
        ends = list(operator.inputs) or [0]
        ends[script.number(len(ends))] = _index(script, model)
        operator.inputs = ends
    elif kind == 1:
        ends = [*operator.inputs, _index(script, model)] if script.number(2) else list(operator.inputs)[:-1]
        operator.inputs = ends
    elif kind == 2:
        operator.outputs = [_index(script, model) for _ in range(script.number(3))]
    elif kind == 3:
        operator.version = script.number()
    elif kind == 4 and operator.options:
        name = sorted(operator.options)[script.number(len(operator.options))]
        _change_option(operator.options, name, script)
    else:
        other = model.operators[script.number(len(model.operators))]
        operator.inputs, other.inputs = other.inputs, operator.inputs


def _change_option(options: dict[str, Any], name: str, script: Script) -> None:
    old = options[name]
    if isinstance(old, bool):
        options[name] = not old
    elif isinstance(old, float) or name in FLOATS:
        options[name] = SCALES[script.number(len(SCALES))]
    elif isinstance(old, int):
        # A byte in the file.
        small = name in ("Padding", "FusedActivationFunction", "WeightsFormat", "QuantizedBiasType")
        options[name] = script.number(128) if small else SIZES[script.number(len(SIZES))]
