"""The models that a Python board serves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mcubench.codegen.reader import read_graph
from mcubench.codegen.source import read_source
from mcubench.errors import InputError
from mcubench.models import find_models_folder, list_models, load_model
from mcubench.models.tensor import TENSOR_TYPES

__all__ = ["Network", "find_networks"]

# A name is a word of the line protocol.
_NAME = re.compile(r"[!-$&-~]+")


@dataclass(frozen=True)
class Network:
    """A model with one input and one output, and what `models` tells of it; `data` is its .tflite file."""

    name: str
    sha256: str
    data: bytes
    input_type: str
    input_shape: tuple[int, ...]
    input_bytes: int
    output_type: str
    output_bytes: int
    layers: int
    flash_bytes: int | None = None


def find_networks(names: Sequence[str]) -> list[Network]:
    """Read the models that are named by folder, .tflite file or the name of a model folder; all folders if none is.

    Raises InputError if one is not there or cannot be read, or if two have the same name.
    """
    paths = [_find(name) for name in names] if names else _all_folders()
    networks = [_read(path) for path in paths]
    for index, network in enumerate(networks):
        if any(network.name == other.name for other in networks[:index]):
            raise InputError(f"{paths[index]}: another model is called '{network.name}' already; rename one of them")
    return networks


def _find(name: str) -> Path:
    path = Path(name)
    if path.exists() or path.suffix == ".tflite":
        return path
    return load_model(name, find_models_folder()).folder


def _all_folders() -> list[Path]:
    folder = find_models_folder()
    return [folder / name for name in list_models(folder)]


def _read(path: Path) -> Network:
    source = read_source(path)
    if not _NAME.fullmatch(source.name):
        raise InputError(f"{source.file}: expected a model name without spaces, saw '{source.name}'; rename it")
    try:
        graph = read_graph(source.data)
    except InputError as exc:
        raise InputError(f"{source.file}: {exc}") from exc
    given, made = graph.tensors[graph.input], graph.tensors[graph.output]
    for tensor in (given, made):
        if tensor.type not in TENSOR_TYPES or tensor.elements <= 0:
            raise InputError(
                f"{source.file}: expected an input and an output of {', '.join(TENSOR_TYPES)} and of fixed size,"
                f" saw {tensor.type} {list(tensor.shape)}"
            )
    return Network(
        name=source.name,
        sha256=source.sha256,
        data=source.data,
        input_type=given.type,
        input_shape=given.shape,
        input_bytes=given.bytes,
        output_type=made.type,
        output_bytes=made.bytes,
        layers=len(graph.operators),
    )
