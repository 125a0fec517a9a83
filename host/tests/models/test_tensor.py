from __future__ import annotations

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from tflite_builder import TfliteBuilder

from mcubench.models import Tensor


@pytest.mark.parametrize(
    ("kind", "scale", "zero_point"),
    [("int8", 0.25, -3), ("int8", 0.003921568859368563, -128), ("uint8", 0.1, 7), ("int16", 0.5, 0)],
)
def test_real_values_are_stored_as_tensorflow_lite_does(kind: str, scale: float, zero_point: int) -> None:
    """Ties, ends and what lies beyond them, against the operator QUANTIZE itself."""
    steps = np.concatenate([np.arange(-300, 301) / 2, np.linspace(-40000, 40000, 999)])
    real = np.concatenate([steps * np.float32(scale), np.linspace(-1, 1, 4096)]).astype(np.float32)
    model = TfliteBuilder()
    source = model.tensor((1, len(real)), np.float32)
    target = model.tensor((1, len(real)), np.dtype(kind), scale=scale, zero_point=zero_point)
    model.operator("QUANTIZE", [source], [target], version=2)
    interpreter = Interpreter(
        model_content=model.build([source], [target]), experimental_op_resolver_type=OpResolverType.BUILTIN_REF
    )
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], real[np.newaxis])
    interpreter.invoke()
    expected = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0]
    tensor = Tensor(kind, (1, len(real)), scale, zero_point)
    stored = tensor.store(real)
    assert stored.dtype == expected.dtype
    assert (stored != expected).sum() == 0
    inside = np.abs(tensor.real(stored) - real)[np.abs(steps).size :]
    assert kind != "int8" or scale != 0.25 or inside.max() <= scale / 2


def test_floats_are_stored_as_they_are() -> None:
    values = np.array([0.1, -3.0])
    stored = Tensor("float32", (1, 2), None, None).store(values)
    assert (stored.dtype, stored.tolist()) == (np.float32, values.astype(np.float32).tolist())
