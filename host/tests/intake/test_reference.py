"""Golden outputs come from another process, which may do anything."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from tflite_builder import TfliteBuilder

from mcubench.errors import InputError
from mcubench.intake import reference, reference_program
from mcubench.intake.candidate import read_candidate
from mcubench.intake.reference import golden_outputs

PROGRAM = """
import ctypes, os, resource, sys, time
import numpy as np
folder = sys.argv[1]
print("INFO: about to begin", file=sys.stderr)
{body}
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A function that lets a program of these lines stand for the one that runs the kernels, and asks for outputs."""

    def ask(write_model, body: str) -> np.ndarray:
        path = tmp_path / "program.py"
        path.write_text(PROGRAM.format(body=body))
        real = reference.subprocess.Popen
        monkeypatch.setattr(
            reference.subprocess,
            "Popen",
            lambda command, **rest: real([sys.executable, str(path), command[-1]], **rest),
        )
        candidate = read_candidate(write_model())
        return golden_outputs(candidate.source.data, np.zeros((3, 2, 2), np.int8), candidate.output, lambda _: None)

    return ask


def test_a_crash_is_one_line(program, write_model):
    with pytest.raises(InputError, match=r"ai-edge-litert crashed on the model \(SIGSEGV\); is it damaged\?"):
        program(write_model, "resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); ctypes.string_at(0)")


def test_what_it_says_last_is_told_without_what_a_terminal_obeys(program, write_model):
    with pytest.raises(InputError, match=r"cannot run the model: no \[31m such thing$"):
        program(write_model, "sys.exit('one line\\nno\\x1b[31m such thing')")


def test_an_operator_without_a_reference_kernel_is_named(add, tmp_path):
    model = TfliteBuilder()
    source, result = (model.tensor((1, 4), np.float32) for _ in range(2))
    model.operator("ELU", [source], [result])
    (tmp_path / "elu.tflite").write_bytes(model.build([source], [result]))
    with pytest.raises(InputError, match=r"reference kernels, which have no ELU of version 1$"):
        add(tmp_path / "elu.tflite")


def test_one_that_hangs_is_ended(program, write_model, monkeypatch):
    monkeypatch.setattr(reference, "STEP_S", 0.5)
    with pytest.raises(InputError, match=r"did not come to an end within 0.5 s on vector 2"):
        program(write_model, "print('done'); print('done', flush=True); time.sleep(60)")


def test_outputs_of_another_kind_are_refused(program, write_model):
    with pytest.raises(InputError, match=r"computes float32 \(3, 4\), but by its file the model's outputs are int8"):
        program(write_model, "np.save(folder + '/outputs.npy', np.zeros((3, 4), np.float32))")


def test_no_outputs_are_none(program, write_model):
    with pytest.raises(InputError, match=r"left no outputs"):
        program(write_model, "pass")


def test_memory_has_an_end(write_model, monkeypatch, tmp_path):
    """The limit itself, in a process of the test's own."""
    body = (tmp_path / "limited.py").resolve()
    body.write_text(
        "import sys\nfrom pathlib import Path\nfrom mcubench.intake import reference_program as program\n"
        "program.MEMORY_BYTES = 1 << 26\nprogram.main(Path(sys.argv[1]))\n"
    )
    real = reference.subprocess.Popen
    monkeypatch.setattr(
        reference.subprocess, "Popen", lambda command, **rest: real([sys.executable, str(body), command[-1]], **rest)
    )
    candidate = read_candidate(write_model())
    with pytest.raises(InputError, match=r"ai-edge-litert (cannot run|crashed on) the model"):
        golden_outputs(candidate.source.data, np.zeros((3, 2, 2), np.int8), candidate.output, lambda _: None)


def test_every_vector_is_told(write_model):
    told: list[int] = []
    candidate = read_candidate(write_model())
    inputs = np.arange(20, dtype=np.int8).reshape(5, 2, 2)
    outputs = golden_outputs(candidate.source.data, inputs, candidate.output, told.append)
    assert outputs.tolist() == inputs.reshape(5, 4).tolist()
    assert told[-1] == 5
    assert reference_program.DONE == b"done"


def test_without_the_package_one_line_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(reference.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(
        InputError, match=r"golden outputs need the package ai-edge-litert: pip install 'mcubench\[serve\]'"
    ):
        reference.golden()
