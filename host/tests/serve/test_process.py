"""`mcubench serve-board` as a process: its port, its end, and what a person may get wrong."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from served import serve_command

from mcubench.boards import ChildBoard
from mcubench.link import Link
from mcubench.protocol import Board

sys.path.insert(0, str(Path(__file__).parents[3] / "tools"))

from tflite_builder import TfliteBuilder

TIMEOUT_S = 60


@pytest.fixture
def atan2_file(tmp_path: Path) -> Path:
    """A model that TFLM has no operator for."""
    model = TfliteBuilder()
    given, made = model.tensor((1, 8), np.float32), model.tensor((1, 8), np.float32)
    model.operator("ATAN2", [given, given], [made])
    path = tmp_path / "angle.tflite"
    path.write_bytes(model.build([given], [made]))
    return path


def test_the_port_is_all_that_it_prints_and_sigterm_ends_it(models_folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("tflite_micro", reason="pip install 'mcubench[serve]'")
    link = tmp_path / "board"
    command = serve_command("--engine", "tflm", "--link", str(link), str(models_folder / "mnist-int8"))
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"pty {link.readlink()}\n"
        with Link(str(link)) as opened:
            board = Board(opened)
            board.connect()
            board.select("mnist-int8")
            board.run(1)
        process.send_signal(signal.SIGTERM)
        rest = process.communicate(timeout=TIMEOUT_S)
    assert (process.returncode, *rest) == (0, "", "")
    assert not link.is_symlink()


def test_a_file_is_served_under_its_own_name_and_every_folder_without_one(
    models_folder: Path, atan2_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ai_edge_litert", reason="pip install 'mcubench[serve]'")
    monkeypatch.setenv("MCUBENCH_MODELS", str(models_folder))
    served = []
    for models in ([str(atan2_file), "mnist-i"], []):
        command = serve_command("--engine", "litert", "--resolver", "default", *models)
        with ChildBoard("python", command) as child, Link(child.port) as link:
            board = Board(link)
            assert board.connect().kernels == "xnnpack"
            served.append([model.name for model in board.models()])
    assert served[0] == ["angle", "mnist-int8"]
    assert served[1] == sorted(path.parent.name for path in models_folder.glob("*/model.toml"))


def refusal(command: list[str]) -> str:
    """Return the one line that a command says before it ends with exit code 2."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert done.stderr.startswith("mcubench: ")
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def test_an_operator_that_the_engine_lacks(atan2_file: Path) -> None:
    pytest.importorskip("tflite_micro", reason="pip install 'mcubench[serve]'")
    said = refusal(serve_command("--engine", "tflm", str(atan2_file)))
    assert "model angle: the engine tflm cannot run it: Didn't find op for builtin opcode 'ATAN2'" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--engine", "ncnn"], "no engine 'ncnn'; there is tflm, litert"),
        ([], "Missing option '--engine'"),
        (["--engine", "tflm", "resnet"], "no model 'resnet'"),
        (["--engine", "tflm", "nosuch.tflite"], "nosuch.tflite: No such file"),
        (["--engine", "tflm", "mnist-int8", "mnist-i"], "another model is called 'mnist-int8' already"),
        (["--engine", "tflm", "--resolver", "default"], "leave --resolver out"),
        (["--engine", "tflm", "--parent-pid", "999999999", "mnist-int8"], "no such process"),
    ],
)
def test_bad_arguments(models_folder: Path, arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tflite_micro", reason="pip install 'mcubench[serve]'")
    monkeypatch.setenv("MCUBENCH_MODELS", str(models_folder))
    assert said in refusal(serve_command(*arguments))


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"hello world, no model", "'TFL3'"), (b"\x1c\0\0\0TFL3" + bytes(range(200)), "is damaged")],
    ids=["text", "garbage"],
)
def test_a_file_that_is_no_model(tmp_path: Path, content: bytes, said: str) -> None:
    pytest.importorskip("tflite_micro", reason="pip install 'mcubench[serve]'")
    path = tmp_path / "bad.tflite"
    path.write_bytes(content)
    message = refusal(serve_command("--engine", "tflm", str(path)))
    assert str(path) in message
    assert said in message


def test_a_file_that_only_the_engine_finds_damaged(models_folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("ai_edge_litert", reason="pip install 'mcubench[serve]'")
    path = tmp_path / "bad.tflite"
    data = (models_folder / "mnist-int8" / "model.tflite").read_bytes()
    path.write_bytes(data.replace(b"serving_default_keras_tensor", b"\x80erving_default_keras_tensor"))
    assert "model bad: the engine litert cannot run it" in refusal(serve_command("--engine", "litert", str(path)))


@pytest.mark.parametrize(("engine", "module"), [("tflm", "tflite_micro"), ("litert", "ai_edge_litert")])
def test_a_package_that_is_not_installed_is_named_with_the_remedy(engine: str, module: str) -> None:
    script = f"import sys; sys.modules['{module}'] = None; from mcubench.cli import main; main()"
    message = refusal([sys.executable, "-c", script, "serve-board", "--engine", engine])
    assert f"the engine {engine} needs the package {module.replace('_', '-')}" in message
    assert "pip install 'mcubench[serve]'" in message
