"""Write one model folder: model.tflite, vectors.npz with golden outputs, model.toml."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from numpy.typing import NDArray

__all__ = ["Card", "write_folder"]

OPERATORS = {"CONV_2D", "MAX_POOL_2D", "RESHAPE", "FULLY_CONNECTED", "SOFTMAX"}


@dataclass(frozen=True)
class Card:
    """What model.toml says besides what the file itself says; `macc` is ST's count."""

    description: str
    source: str
    parameters: int
    macs: int
    macc: int
    metric: str
    threshold: float


def write_folder(
    folder: Path, card: Card, tflite: bytes, images: NDArray[np.float32], labels: NDArray[np.int64], tolerance: float
) -> None:
    """Write `folder` from a model and held-out images (n, height, width, channels); prints its score."""
    # The reference kernels, because XNNPACK (the default) differs from them in the last bit of int8 results.
    interpreter = Interpreter(model_content=tflite, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    used = {details["op_name"] for details in interpreter._get_ops_details()}
    if not used <= OPERATORS:
        raise SystemExit(f"{folder.name}: operators {sorted(used - OPERATORS)} slipped in")
    source, result = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    inputs = _quantised(images, source)
    outputs = np.concatenate([_run(interpreter, vector[np.newaxis]) for vector in inputs])
    folder.mkdir(exist_ok=True)
    (folder / "model.tflite").write_bytes(tflite)
    np.savez_compressed(folder / "vectors.npz", inputs=inputs, labels=labels, outputs=outputs)
    sha256 = hashlib.sha256(tflite).hexdigest()
    (folder / "model.toml").write_text(_toml(folder.name, card, sha256, tolerance, source, result))
    print(f"{folder.name}: {len(labels)} vectors, {np.mean(outputs.argmax(axis=1) == labels):.4f} right")


def _run(interpreter: Interpreter, vector: NDArray[Any]) -> NDArray[Any]:
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], vector)
    interpreter.invoke()
    output: NDArray[Any] = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    return output


def _quantised(images: NDArray[np.float32], tensor: dict[str, Any]) -> NDArray[Any]:
    if tensor["dtype"] == np.float32:
        return images
    scale, zero_point = tensor["quantization"]
    limits = np.iinfo(tensor["dtype"])
    return np.clip(np.rint(images / scale) + zero_point, limits.min, limits.max).astype(tensor["dtype"])


def _toml(name: str, card: Card, sha256: str, tolerance: float, source: dict[str, Any], result: dict[str, Any]) -> str:
    return f"""name = "{name}"
description = "{card.description}"
source = "{card.source}"
licence = "Apache-2.0"
sha256 = "{sha256}"
parameters = {card.parameters}
macs = {card.macs}
macc = {card.macc}  # as ST counts: with biases, ReLU elements, pooling and softmax
metric = "{card.metric}"
threshold = {card.threshold}
tolerance = {tolerance}  # largest difference from a golden output; 0 asks for equal bits

[golden]
tool = "ai-edge-litert"
version = "{version("ai-edge-litert")}"
resolver = "BUILTIN_REF"

{_tensor("input", source)}
{_tensor("output", result)}"""


def _tensor(table: str, tensor: dict[str, Any]) -> str:
    lines = [f"[{table}]", f'type = "{np.dtype(tensor["dtype"]).name}"', f"shape = {tensor['shape'].tolist()}"]
    scale, zero_point = tensor["quantization"]
    if scale:  # float tensors have none
        lines += [f"scale = {scale!r}", f"zero_point = {zero_point}"]
    return "\n".join(lines) + "\n"
