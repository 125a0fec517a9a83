"""A program: runs a model on LiteRT's reference kernels. `python -m mcubench.intake.reference_program FOLDER`.

Its files are model.tflite and inputs.npy, and outputs.npy when it has ended well. It prints a line per vector.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import numpy as np

__all__ = ["DONE", "INPUTS", "MODEL", "OUTPUTS", "main"]

MODEL, INPUTS, OUTPUTS = "model.tflite", "inputs.npy", "outputs.npy"
DONE = b"done"
# Of the address space, besides the vectors: LiteRT itself maps half a gigabyte.
MEMORY_BYTES = 4 << 30


def main(folder: Path) -> None:
    """Write the outputs of all inputs."""
    inputs = np.load(folder / INPUTS)
    limit = MEMORY_BYTES + 4 * inputs.nbytes
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    # Each tensor with memory of its own: LiteRT 2.3.0 lets a SOFTMAX behind two RESHAPEs overwrite what is read later.
    interpreter = Interpreter(
        model_content=(folder / MODEL).read_bytes(),
        num_threads=1,
        experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
        experimental_preserve_all_tensors=True,
    )
    interpreter.allocate_tensors()
    source, result = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    outputs = []
    for vector in inputs:
        # A variable keeps its values from one run to the next; every inference here starts anew.
        interpreter.reset_all_variables()
        interpreter.set_tensor(source["index"], vector.reshape(source["shape"]))
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(result["index"]))
        sys.stdout.buffer.write(DONE + b"\n")
        sys.stdout.buffer.flush()
    np.save(folder / OUTPUTS, np.stack(outputs))


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except (ValueError, RuntimeError, MemoryError) as exc:
        lines = str(exc).splitlines()
        sys.exit(f"{type(exc).__name__}: {lines[0] if lines else ''}")
