"""What users can get wrong when they bring ST's files: each is a line that says what to do, and nothing is written."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from core_boards import FIRMWARE
from double_networks import FLOAT32, INT8, MODELS, write_user_folder

from mcubench.codegen.xcubeai import generate_xcubeai
from mcubench.errors import InputError

LIBRARY = "Lib/NetworkRuntime910_CM7_GCC.a"


@pytest.fixture
def user(tmp_path: Path) -> Path:
    return write_user_folder(tmp_path / "user", INT8, FLOAT32)


def message(user: Path) -> str:
    out = user.parent / "generated"
    with pytest.raises(InputError) as raised:
        generate_xcubeai([MODELS / "mnist-int8", MODELS / "mnist-float32"], out, user)
    assert not out.exists()
    text = str(raised.value)
    assert "\n" not in text
    assert "docs/xcubeai.md" in text
    return text


@pytest.mark.parametrize("ending", [".c", ".h", "_data.c", "_data.h"])
def test_missing_file_of_a_network_is_named_with_the_command_that_makes_it(user: Path, ending: str) -> None:
    (user / f"mnist_int8{ending}").unlink()
    model = MODELS / "mnist-int8" / "model.tflite"
    assert message(user).startswith(
        f"{user}/mnist_int8{ending} is missing: generate it with "
        f"`stedgeai generate --target stm32f7 --c-api legacy --name mnist_int8 --model {model} --output {user}`"
    )


@pytest.mark.parametrize("name", ["ai_platform.h", "ai_platform_interface.h"])
def test_missing_header_of_the_runtime_is_named(user: Path, name: str) -> None:
    (user / "Inc" / name).unlink()
    assert message(user).startswith(f"{user}/Inc/{name} is missing: copy the folder Middlewares/ST/AI/Inc")


def test_missing_library_is_named(user: Path) -> None:
    (user / LIBRARY).rename(user / "Lib" / "NetworkRuntime910_CM4_GCC.a")
    assert message(user).startswith(f"{user}/Lib/NetworkRuntime*_CM7_GCC.a is missing: copy it from")


def test_network_of_another_name_is_noticed(user: Path) -> None:
    for file in list(user.glob("mnist_int8*")):
        text = file.read_text().replace("mnist_int8", "network").replace("MNIST_INT8", "NETWORK")
        (user / file.name.replace("mnist_int8", "network")).write_text(text)
        file.unlink()
    assert "mnist_int8.c is missing" in message(user)
    assert "(there is network.c, of another --name)" in message(user)


def replace_in(file: Path, old: str, new: str) -> None:
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def other_model(user: Path) -> None:
    dataclasses.replace(INT8, folder="mnist-float32").write(user)


def other_api(user: Path) -> None:
    (user / "mnist_int8.h").write_text("stai_return_code stai_mnist_int8_init(stai_network* network);\n")


def old_api(user: Path) -> None:
    replace_in(user / "mnist_int8.h", "create_and_init", "create")


def no_signature(user: Path) -> None:
    replace_in(user / "mnist_int8.c", "MODEL_SIGNATURE", "SIGNATURE")


def two_libraries(user: Path) -> None:
    (user / "Lib" / "NetworkRuntime1000_CM7_GCC.a").touch()


def no_version(user: Path) -> None:
    (user / LIBRARY).rename(user / "Lib" / "NetworkRuntime9_CM7_GCC.a")


@pytest.mark.parametrize(
    ("mistake", "reason"),
    [
        (other_model, "mnist_int8.c: generated from a model file with the MD5 "),
        (other_api, "mnist_int8.h is of the st-ai C API; generate it with `stedgeai generate"),
        (old_api, "mnist_int8.h is of X-CUBE-AI older than 7.1, or something else; generate it"),
        (no_signature, "mnist_int8.c: expected AI_MNIST_INT8_MODEL_SIGNATURE of 32 hex digits"),
        (two_libraries, "Lib: expected one NetworkRuntime*_CM7_GCC.a, saw 2; leave one"),
        (no_version, "NetworkRuntime9_CM7_GCC.a: expected a version of three digits or more"),
    ],
)
def test_files_that_do_not_fit_are_refused(user: Path, mistake: Callable[[Path], None], reason: str) -> None:
    mistake(user)
    assert reason in message(user)


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        ("mnist_int8.h", "IN_1_SIZE (784)", "IN_1_SIZE (785)", "mnist_int8: expected an input of 784 bytes"),
        ("mnist_float32.h", "SIZE * 4", "SIZE * 1", "mnist_float32: expected an input of 3136 bytes"),
        ("mnist_int8.h", "OUT_1_SIZE (10)", "OUT_1_SIZE (1)", "mnist_int8: expected an output of 10 bytes"),
        ("mnist_int8.h", "OUT_NUM (1)", "OUT_NUM (2)", "mnist_int8: expected one input and one output"),
        ("mnist_int8_data.h", "COUNT (1)", "COUNT (2)", "mnist_int8: expected activations in one piece"),
    ],
    ids=["input", "type", "output", "outputs", "pieces"],
)
def test_network_of_other_tensors_does_not_compile(user: Path, file: str, old: str, new: str, reason: str) -> None:
    replace_in(user / file, old, new)
    out = user.parent / "generated"
    generate_xcubeai([MODELS / "mnist-int8", MODELS / "mnist-float32"], out, user)
    folders = (user, user / "Inc", FIRMWARE / "common", FIRMWARE / "engines" / "xcubeai")
    command = ["gcc", "-std=c11", "-fsyntax-only", *(f"-I{folder}" for folder in folders), str(out / "models.c")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert f'static assertion failed: "{reason}' in done.stderr


@pytest.mark.parametrize(
    ("digits", "version"), [("710", "7.1.0"), ("910", "9.1.0"), ("1000", "10.0.0"), ("1020", "10.2.0")]
)
def test_version_of_the_runtime_is_that_in_its_file_name(user: Path, digits: str, version: str) -> None:
    (user / LIBRARY).rename(user / "Lib" / f"NetworkRuntime{digits}_CM7_GCC.a")
    out = user.parent / "generated"
    generate_xcubeai([MODELS / "mnist-int8"], out, user)
    assert f'#define XCUBEAI_RUNTIME_VERSION "{version}"' in (out / "xcubeai_files.h").read_text()


def test_another_library_of_the_same_name_is_another_build(user: Path) -> None:
    out = user.parent / "generated"
    written = []
    for content in (b"!<arch>\n", b"!<arch>\n\n"):
        (user / LIBRARY).write_bytes(content)
        generate_xcubeai([MODELS / "mnist-int8"], out, user)
        written.append((out / "xcubeai_files.h").read_text())
    assert written[0] != written[1]


def test_command_line_ends_with_one_line_and_exit_code_2(user: Path) -> None:
    (user / LIBRARY).unlink()
    command = [sys.executable, "-m", "mcubench", "codegen", "--engine", "xcubeai", "--out", str(user.parent / "out")]
    files = ["--user-files", str(user), str(MODELS / "mnist-int8")]
    done = subprocess.run([*command, *files], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert f"{user}/Lib/NetworkRuntime*_CM7_GCC.a is missing" in done.stderr
    done = subprocess.run([*command, files[-1]], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "--engine xcubeai needs --user-files" in done.stderr
