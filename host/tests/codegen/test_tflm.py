"""What `mcubench codegen --engine tflm` writes and refuses."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from network_chain import Chain
from tflite_builder import TfliteBuilder

from mcubench.cli.codegen import command
from mcubench.codegen import Limits, generate_tflm, load_tflm_model
from mcubench.codegen.reader import read_graph
from mcubench.codegen.tflm_operators import resolver_methods
from mcubench.errors import InputError
from mcubench.models import ArenaRecord, record_arena

NO_LIMITS = Limits()


def _write(path: Path, chain: Chain) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(chain.build())
    return path


def _chain(seed: int = 1) -> Chain:
    return Chain(np.random.default_rng(seed), (1, 6, 6, 4))


def _calls(out: Path) -> tuple[int, list[str]]:
    """Return for how many operators the resolver has room, and which it adds."""
    text = (out / "resolver.h").read_text()
    (size,) = re.findall(r"MicroMutableOpResolver<(\d+)>", text)
    return int(size), re.findall(r"resolver\.(\w+)\(\);", text)


def test_the_resolver_has_just_the_operators_of_the_models(tmp_path: Path) -> None:
    out = tmp_path / "out"
    convolution = _write(tmp_path / "a.tflite", _chain().conv(3, (3, 3)).pool().flatten().dense(2))
    generate_tflm([convolution], out, 4096, NO_LIMITS)
    assert _calls(out) == (4, ["AddConv2D", "AddFullyConnected", "AddMaxPool2D", "AddReshape"])
    softmax = _write(tmp_path / "b.tflite", _chain().flatten().dense(2).softmax())
    generate_tflm([softmax], out, 4096, NO_LIMITS)
    assert _calls(out) == (3, ["AddFullyConnected", "AddReshape", "AddSoftmax"])
    generate_tflm([convolution, softmax], out, 4096, NO_LIMITS)
    assert _calls(out) == (5, ["AddConv2D", "AddFullyConnected", "AddMaxPool2D", "AddReshape", "AddSoftmax"])


def test_an_operator_that_only_the_interpreter_knows_is_taken(tmp_path: Path) -> None:
    model = TfliteBuilder()
    a = model.tensor((1, 4), np.float32)
    b = model.tensor((1, 4), np.float32)
    model.operator("LOGISTIC", [a], [b])
    (tmp_path / "net.tflite").write_bytes(model.build([a], [b]))
    generate_tflm([tmp_path / "net.tflite"], tmp_path / "out", 4096, NO_LIMITS)
    assert _calls(tmp_path / "out") == (1, ["AddLogistic"])


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("LSTM", "no engine here has it"),
        ("CUSTOM", "no engine here has it"),
        ("VAR_HANDLE", "no engine here has it"),
        ("RELU_N1_TO_1", "the generated engine has it"),
    ],
)
def test_an_operator_without_a_method_is_named_with_its_index(tmp_path: Path, name: str, other: str) -> None:
    model = TfliteBuilder()
    tensors = [model.tensor((1, 4), np.float32) for _ in range(3)]
    model.operator("RESHAPE", tensors[:1], tensors[1:2])
    model.operator(name, tensors[1:2], tensors[2:])
    (tmp_path / "net.tflite").write_bytes(model.build(tensors[:1], tensors[2:]))
    message = rf"net\.tflite: operator 1 \({name}.*\) is not supported by the tflm engine; {other}"
    with pytest.raises(InputError, match=message):
        load_tflm_model(tmp_path / "net.tflite")


@pytest.mark.parametrize(("kind", "taken"), [("int8", True), ("int16", True), ("float16", False), ("int32", False)])
def test_dequantize_of_types_that_tflm_refuses_on_the_board(kind: str, taken: bool) -> None:
    model = TfliteBuilder()
    a = model.tensor((1, 4), kind, scale=0.5)
    b = model.tensor((1, 4), np.float32)
    model.operator("DEQUANTIZE", [a], [b])
    graph = read_graph(model.build([a], [b]))
    if taken:
        assert resolver_methods(graph) == {"AddDequantize"}
        return
    with pytest.raises(InputError, match=rf"operator 0 \(DEQUANTIZE\) is of {kind}, which the tflm engine does not"):
        resolver_methods(graph)


def test_int8_weights_of_a_float_layer_are_refused_as_tflm_does_on_the_board() -> None:
    model = TfliteBuilder()
    a = model.tensor((1, 4), np.float32)
    weights = model.tensor((2, 4), np.int8, data=np.ones((2, 4), np.int8), scale=0.5)
    b = model.tensor((1, 2), np.float32)
    model.operator("FULLY_CONNECTED", [a, weights], [b])
    with pytest.raises(InputError, match=r"operator 0 \(FULLY_CONNECTED\) has int8 weights for float32 inputs"):
        resolver_methods(read_graph(model.build([a], [b])))


def test_the_file_is_embedded_byte_for_byte_and_aligned(tmp_path: Path) -> None:
    path = _write(tmp_path / "my-net.tflite", _chain().conv(3, (3, 3)))
    generate_tflm([path], tmp_path / "out", 4096, NO_LIMITS)
    text = (tmp_path / "out" / "my_net.c").read_text()
    size, body = re.findall(r"file\[(\d+)\] MODEL_DATA __attribute__\(\(aligned\(16\)\)\) = \{(.*?)\};", text, re.S)[0]
    data = bytes(map(int, re.findall(r"\d+", body)))
    assert (int(size), data) == (len(data), path.read_bytes())
    assert 'section(".rodata.model.my_net")' in text
    assert "*(.rodata.model.my_net .text.model.my_net)" in (tmp_path / "out" / "models.ld").read_text()


def test_the_table_says_what_the_model_is(tmp_path: Path) -> None:
    path = _write(tmp_path / "net.tflite", _chain().conv(3, (3, 3)).pool())
    (model,) = generate_tflm([path], tmp_path / "out", 5000, NO_LIMITS)
    text = (tmp_path / "out" / "net.c").read_text()
    wanted = {"input_type": "ENGINE_INT8", "input_bytes": "144", "arena_bytes": "ENGINE_UNKNOWN", "layer_count": "2"}
    assert wanted.items() <= dict(re.findall(r"\.(\w+) = ([\w]+),", text)).items()
    assert f'sha256[] MODEL_DATA = "{model.source.sha256}"' in text
    assert "tflm_arena[5000]" in (tmp_path / "out" / "models.c").read_text()


def _codegen(tmp_path: Path, model: Path, *more: str) -> str:
    arguments = ["--engine", "tflm", "--out", str(tmp_path / "out"), *more, str(model)]
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def _arena(tmp_path: Path) -> int:
    (size,) = re.findall(r"tflm_arena\[(\d+)\]", (tmp_path / "out" / "models.c").read_text())
    return int(size)


def test_the_arena_is_what_was_measured_for_engine_and_core(tmp_path: Path) -> None:
    folder = _write(tmp_path / "net" / "model.tflite", _chain().conv(3, (3, 3)).pool()).parent
    region = ("--arena", "100000", "--engine-version", "lib-1")
    _codegen(tmp_path, folder, *region, "--core", "cortex-m7")
    assert _arena(tmp_path) == 100000
    sha256 = load_tflm_model(folder).source.sha256
    found = ArenaRecord(3456, sha256, "lib-1", "gcc", "0123", "stm32f746", "modelled", date(2026, 11, 21))
    record_arena(folder, "tflm", "cortex-m7", found)
    assert "3456 bytes of arena" in _codegen(tmp_path, folder, *region, "--core", "cortex-m7")
    assert _arena(tmp_path) == 3456
    # For another core, another version of the library and another model nothing was measured.
    _codegen(tmp_path, folder, *region, "--core", "cortex-m4")
    assert _arena(tmp_path) == 100000
    _codegen(tmp_path, folder, "--arena", "90000", "--engine-version", "lib-2", "--core", "cortex-m7")
    assert _arena(tmp_path) == 90000
    _write(folder / "model.tflite", _chain(seed=2).conv(3, (3, 3)).pool())
    _codegen(tmp_path, folder, *region, "--core", "cortex-m7")
    assert _arena(tmp_path) == 100000


def test_the_json_summary_names_the_methods(tmp_path: Path) -> None:
    path = _write(tmp_path / "net.tflite", _chain().conv(3, (3, 3)).pool())
    (summary,) = json.loads(_codegen(tmp_path, path, "--json", "--arena", "5000"))
    assert summary["resolver"] == ["AddConv2D", "AddMaxPool2D"]
    assert (summary["model_bytes"], summary["arena_bytes"]) == (path.stat().st_size, 5000)
