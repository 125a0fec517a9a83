"""The oracle: TensorFlow Lite's reference kernels, as ai-edge-litert ships them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter, OpResolverType

__all__ = ["check_outputs", "random_inputs", "run_reference"]

Array = npt.NDArray[Any]

# Largest difference of a float32 output, relative to 1 or to the value: sums are in another order than the oracle's.
FLOAT_TOLERANCE = 1e-5


def _interpreter(model: bytes) -> Interpreter:
    # Each tensor with memory of its own: where a RESHAPE's output shares its input's, a SOFTMAX behind another RESHAPE
    # overwrites what is read later (ai-edge-litert 2.3.0; found by the fuzzer of networks).
    interpreter = Interpreter(
        model_content=model,
        experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
        experimental_preserve_all_tensors=True,
    )
    interpreter.allocate_tensors()
    return interpreter


def random_inputs(model: bytes, count: int, seed: int) -> Array:
    """Return `count` random inputs of a model, shape (count, *input shape); integers cover their whole range."""
    rng = np.random.default_rng(seed)
    details = _interpreter(model).get_input_details()[0]
    shape = (count, *details["shape"])
    kind = np.dtype(details["dtype"])
    if kind == np.float32:
        return rng.normal(0.0, 2.0, shape).astype(np.float32)
    limits = np.iinfo(kind)
    return rng.integers(limits.min, limits.max, shape, dtype=kind, endpoint=True)


def run_reference(model: bytes, inputs: Array, *, reset: bool = True) -> Array:
    """Return the outputs of the reference kernels, shape (count, *output shape).

    Without `reset`, each vector but the first finds the state that the one before it left.
    """
    interpreter = _interpreter(model)
    source = interpreter.get_input_details()[0]["index"]
    target = interpreter.get_output_details()[0]["index"]
    outputs = []
    for row in inputs:
        # A board starts every inference from the model's initial state (engine.h).
        if reset:
            interpreter.reset_all_variables()
        interpreter.set_tensor(source, row)
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(target).copy())
    return np.stack(outputs)


def check_outputs(raw: npt.NDArray[np.uint8], expected: Array, what: str = "") -> None:
    """Assert that rows of output bytes are the expected outputs: bit for bit, or within FLOAT_TOLERANCE for float32."""
    actual = np.ascontiguousarray(raw).view(expected.dtype).reshape(expected.shape)
    if expected.dtype == np.float32:
        np.testing.assert_allclose(actual, expected, rtol=FLOAT_TOLERANCE, atol=FLOAT_TOLERANCE, err_msg=what)
    else:
        np.testing.assert_array_equal(actual, expected, err_msg=what)
