"""A model folder whose size is given: one dense layer of random numbers."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from tflite_builder import TfliteBuilder

from mcubench.models import Model, read_model

__all__ = ["write_dense_folder"]

SCALE = 0.5
VECTORS = 3


def write_dense_folder(models: Path, name: str, inputs: int, outputs: int, budget: str = "") -> Model:
    """Write `models`/`name` with an int8 model of `inputs` x `outputs` weights, and read it."""
    rng = np.random.default_rng(inputs + outputs)
    builder = TfliteBuilder()
    source = builder.tensor((1, inputs), np.int8, scale=SCALE)
    weights = rng.integers(-127, 128, (outputs, inputs), dtype=np.int8)
    constant = builder.tensor((outputs, inputs), np.int8, data=weights, scale=0.01)
    result = builder.tensor((1, outputs), np.int8, scale=SCALE)
    builder.operator("FULLY_CONNECTED", [source, constant, -1], [result], version=4)
    data = builder.build([source], [result])
    interpreter = Interpreter(model_content=data, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    vectors = rng.integers(-128, 128, (VECTORS, inputs), dtype=np.int8)
    golden = []
    for vector in vectors:
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], vector[np.newaxis])
        interpreter.invoke()
        golden.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0].copy())
    folder = models / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.tflite").write_bytes(data)
    np.savez(folder / "vectors.npz", inputs=vectors, outputs=np.array(golden), labels=np.argmax(golden, axis=1))
    (folder / "model.toml").write_text(
        f'name = "{name}"\n'
        f'description = "a dense layer of {inputs} x {outputs}"\nsource = "made up"\nlicence = "Apache-2.0"\n'
        f'sha256 = "{hashlib.sha256(data).hexdigest()}"\n'
        f"parameters = {weights.size}\nmacs = {weights.size}\n"
        'metric = "top1"\nthreshold = 0.5\ntolerance = 0\n\n'
        '[golden]\ntool = "ai-edge-litert"\nversion = "2.3.0"\nresolver = "BUILTIN_REF"\n\n'
        f'[input]\ntype = "int8"\nshape = [1, {inputs}]\nscale = {SCALE}\nzero_point = 0\n\n'
        f'[output]\ntype = "int8"\nshape = [1, {outputs}]\nscale = {SCALE}\nzero_point = 0\n{budget}'
    )
    return read_model(folder)
