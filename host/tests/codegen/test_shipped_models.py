"""The committed models through the generated engine: golden outputs on the PC, and of the small ones on Cortex-M."""

from __future__ import annotations

from pathlib import Path

import pytest
from arm_engine import ArmEngine
from engine_runner import NativeEngine, write_models
from reference import check_outputs

from mcubench.models import load_model, read_vectors

MODELS = Path(__file__).resolve().parents[3] / "models"
STEMS = ("fashion-cnn", "har", "house-price", "mask-10x10", "mnist", "touch")
NAMES = [f"{stem}-{kind}" for stem in STEMS for kind in ("int8", "float32")]
SMALL = ["har-int8", "house-price-int8", "mask-10x10-int8", "touch-int8"]
BIG = ("fashion-cnn", "mnist")  # some of the vectors do: the sanitizers make every one slow


def files(names: list[str]) -> dict[str, bytes]:
    return {name: (MODELS / name / "model.tflite").read_bytes() for name in names}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shipped")


@pytest.mark.parametrize("dsp", [False, True], ids=["plain", "dsp"])
def test_every_golden_output_comes_out_of_the_engine(folder: Path, dsp: bool) -> None:
    programs = write_models(files(NAMES), folder)
    engine = NativeEngine.build(programs, folder, dsp=dsp)
    vectors = [read_vectors(load_model(name, MODELS)) for name in NAMES]
    chosen = [each.first(3 if name.startswith(BIG) else 100) for name, each in zip(NAMES, vectors, strict=True)]
    results = engine.run([(index, each.inputs) for index, each in enumerate(chosen)])
    for name, raw, each in zip(NAMES, results, chosen, strict=True):
        check_outputs(raw, each.outputs, name)


@pytest.mark.parametrize("core", ["cortex-m0", "cortex-m4"])
def test_small_int8_models_give_their_golden_outputs_on_cortex_m(tmp_path: Path, core: str) -> None:
    programs = write_models(files(SMALL), tmp_path)
    engine = ArmEngine(tmp_path, core)
    for index, (name, program) in enumerate(zip(SMALL, programs, strict=True)):
        vectors = read_vectors(load_model(name, MODELS)).first(5)
        check_outputs(engine.run(program, index, vectors.inputs), vectors.outputs, name)
