"""Write model folders: model.tflite, vectors.npz with golden outputs, model.toml."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from conversion import Counts
from numpy.typing import NDArray
from sklearn.metrics import mean_absolute_error, roc_auc_score

__all__ = ["Card", "Held", "write_folders"]

OPERATORS = {"CONV_2D", "MAX_POOL_2D", "RESHAPE", "EXPAND_DIMS", "FULLY_CONNECTED", "SOFTMAX"}
TOLERANCES = {"float32": 1e-5, "int8": 0.0}
# What the published counts do with the biases of dense layers: two conventions are about.
MACC_NOTES = {
    True: "as ST counts: with biases, ReLU elements, pooling and softmax",
    False: "as ST counts: with biases of convolutions, not of dense layers, ReLU elements, pooling and softmax",
}


@dataclass(frozen=True)
class Card:
    """What model.toml says besides what the file itself says; `dense_biases` tells how ST's count was made."""

    description: str
    source: str
    counts: Counts
    metric: str
    threshold: float
    dense_biases: bool = True


@dataclass(frozen=True)
class Held:
    """Held-out inputs (n, ...), as floats, and their labels: classes (n,), or wanted outputs (n, ...)."""

    inputs: NDArray[np.float32]
    labels: NDArray[Any]


def write_folders(
    stem: Path, card: Card, files: Mapping[str, bytes], held: Held, everything: Held | None = None
) -> None:
    """Write `stem`-<type> for each file by type and print its score; `everything` is only scored, for the card."""
    for type_name, tflite in files.items():
        folder = stem.with_name(f"{stem.name}-{type_name}")
        network = _Network(tflite)
        if not network.operators <= OPERATORS:
            raise SystemExit(f"{folder.name}: operators {sorted(network.operators - OPERATORS)} slipped in")
        inputs = network.quantised(held.inputs)
        outputs = network.run(inputs)
        folder.mkdir(exist_ok=True)
        (folder / "model.tflite").write_bytes(tflite)
        np.savez_compressed(folder / "vectors.npz", inputs=inputs, labels=held.labels, outputs=outputs)
        sha256 = hashlib.sha256(tflite).hexdigest()
        toml = _toml(folder.name, card, sha256, TOLERANCES[type_name], network.source, network.result)
        (folder / "model.toml").write_text(toml + _kept_tables(folder / "model.toml"))
        reached = SCORES[card.metric](network.real(outputs), held.labels)
        print(f"{folder.name}: {len(tflite)} bytes, {len(held.labels)} vectors, {card.metric} {reached:.4f}")
        if everything is not None:
            outputs = network.run(network.quantised(everything.inputs))
            reached = SCORES[card.metric](network.real(outputs), everything.labels)
            print(f"{folder.name}: of all {len(everything.labels)} test vectors, {card.metric} {reached:.4f}")


class _Network:
    """A model on the reference kernels: XNNPACK, the default, differs from them in the last bit of int8 results."""

    def __init__(self, tflite: bytes) -> None:
        self._interpreter = Interpreter(model_content=tflite, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
        self._interpreter.allocate_tensors()
        self.operators = {details["op_name"] for details in self._interpreter._get_ops_details()}
        self.source = self._interpreter.get_input_details()[0]
        self.result = self._interpreter.get_output_details()[0]

    def run(self, inputs: NDArray[Any]) -> NDArray[Any]:
        """Return the outputs (n, ...) of inputs (n, ...), both in the model's own types."""
        return np.concatenate([self._invoke(vector[np.newaxis]) for vector in inputs])

    def quantised(self, inputs: NDArray[np.float32]) -> NDArray[Any]:
        """Return inputs in the model's own type."""
        if self.source["dtype"] == np.float32:
            return inputs.astype(np.float32)
        scale, zero_point = self.source["quantization"]
        limits = np.iinfo(self.source["dtype"])
        return np.clip(np.rint(inputs / scale) + zero_point, limits.min, limits.max).astype(self.source["dtype"])

    def real(self, outputs: NDArray[Any]) -> NDArray[np.float64]:
        """Return outputs as real numbers."""
        scale, zero_point = self.result["quantization"]
        real: NDArray[np.float64] = (outputs.astype(np.float64) - zero_point) * (scale or 1.0)
        return real

    def _invoke(self, vector: NDArray[Any]) -> NDArray[Any]:
        self._interpreter.set_tensor(self.source["index"], vector)
        self._interpreter.invoke()
        output: NDArray[Any] = self._interpreter.get_tensor(self.result["index"])
        return output


# For the printed line only: what the host takes for the score is host/mcubench/models/score.py.
SCORES: dict[str, Callable[[NDArray[np.float64], NDArray[Any]], float]] = {
    "top1": lambda outputs, labels: float(np.mean(outputs.argmax(axis=1) == labels)),
    "auc": lambda outputs, labels: float(roc_auc_score(labels, outputs[:, -1])),
    "mae": lambda outputs, labels: float(mean_absolute_error(labels, outputs)),
}


def _toml(name: str, card: Card, sha256: str, tolerance: float, source: dict[str, Any], result: dict[str, Any]) -> str:
    return f"""name = "{name}"
description = "{card.description}"
source = "{card.source}"
licence = "Apache-2.0"
sha256 = "{sha256}"
parameters = {card.counts.parameters}
macs = {card.counts.macs}
macc = {card.counts.macc}  # {MACC_NOTES[card.dense_biases]}
metric = "{card.metric}"
threshold = {card.threshold}
tolerance = {tolerance}  # largest difference from a golden output; 0 asks for equal bits

[golden]
tool = "ai-edge-litert"
version = "{version("ai-edge-litert")}"
resolver = "BUILTIN_REF"

{_tensor("input", source)}
{_tensor("output", result)}"""


def _kept_tables(file: Path) -> str:
    """Return [tolerances] and [budget], which stand last in a model.toml and are no fruit of the training."""
    text = file.read_text() if file.exists() else ""
    starts = [start for mark in ("\n[tolerances]", "\n[budget.") if (start := text.find(mark)) >= 0]
    return text[min(starts) :] if starts else ""


def _tensor(table: str, tensor: dict[str, Any]) -> str:
    lines = [f"[{table}]", f'type = "{np.dtype(tensor["dtype"]).name}"', f"shape = {tensor['shape'].tolist()}"]
    scale, zero_point = tensor["quantization"]
    if scale:  # float tensors have none
        lines += [f"scale = {scale!r}", f"zero_point = {zero_point}"]
    return "\n".join(lines) + "\n"
