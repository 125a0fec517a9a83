"""Writes model folders: all of one, or nothing."""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from mcubench.codegen.output import identifier
from mcubench.errors import InputError
from mcubench.intake.candidate import Candidate
from mcubench.models import MODEL_FILE, NAME_PATTERN, RANDOM, Golden, Tensor, Vectors

__all__ = ["Description", "check_free", "choose_name", "remove_folder", "write_folder"]


@dataclass(frozen=True)
class Description:
    """What model.toml says besides what the .tflite file says; `seed` is that of random inputs."""

    name: str
    licence: str
    metric: str | None
    threshold: float | None
    tolerance: float
    golden: Golden
    seed: int | None
    added: date


def choose_name(file: Path, name: str | None) -> str:
    """Return a model's name: the one that was given, or one made of the file's; InputError if it is no such name."""
    chosen = name or re.sub(r"[^a-z0-9._-]+", "-", file.stem.lower()).lstrip("-._0123456789")[:48]
    if not NAME_PATTERN.fullmatch(chosen):
        raise InputError(
            f"{chosen!r} is no model name: lower-case letters, digits, '.', '_', '-', a letter first, 48 at most;"
            " give one with --name"
        )
    if identifier(chosen) == "models":
        raise InputError(f"a model cannot be called '{chosen}', because a file of the firmware is; give another --name")
    return chosen


def check_free(folder: Path, force: bool) -> None:
    """Raise InputError if a folder is there already and may not be replaced, or is no model folder."""
    if not folder.exists() and not folder.is_symlink():
        return
    if not folder.is_dir() or folder.is_symlink() or not (folder / MODEL_FILE).exists():
        raise InputError(f"{folder} is there and is no model folder; give another --name")
    if not force:
        raise InputError(f"{folder} is there already; give another --name, or --force to replace it")


def write_folder(folder: Path, candidate: Candidate, vectors: Vectors, description: Description) -> None:
    """Write a model folder, in the place of one that is there; at every moment there is a whole one, or none."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        # Within the same file system, and a level deeper than model folders are looked for.
        with tempfile.TemporaryDirectory(prefix=".adding-", dir=folder.parent) as name:
            made = Path(name) / folder.name
            made.mkdir()
            _write_files(made, candidate, vectors, description)
            if folder.exists():
                folder.rename(Path(name) / "replaced")
            made.rename(folder)
    except OSError as exc:
        raise InputError(f"{folder}: cannot be written ({exc.strerror})") from exc


def remove_folder(folder: Path) -> None:
    """Remove a model folder; it is gone for everybody at once, even if its files take time."""
    try:
        with tempfile.TemporaryDirectory(prefix=".removing-", dir=folder.parent) as name:
            folder.rename(Path(name) / folder.name)
    except OSError as exc:
        raise InputError(f"{folder}: cannot be removed ({exc.strerror})") from exc


def _write_files(folder: Path, candidate: Candidate, vectors: Vectors, description: Description) -> None:
    (folder / "model.tflite").write_bytes(candidate.source.data)
    arrays = {"inputs": vectors.inputs, "outputs": vectors.outputs}
    if vectors.labels is not None:
        arrays["labels"] = vectors.labels
    np.savez_compressed(folder / "vectors.npz", allow_pickle=False, **arrays)
    (folder / MODEL_FILE).write_text(_toml(candidate, description), encoding="utf-8")


def _toml(candidate: Candidate, description: Description) -> str:
    totals = candidate.inspection.totals
    file = candidate.source.file.name
    rows: dict[str, object] = {
        "name": description.name,
        "description": f"{file}, brought with mcubench model add",
        "source": file,
        "licence": description.licence,
        "added": description.added,
        "sha256": candidate.source.sha256,
        # Zero is not worth a line, and a count without a rule for some operator is not known.
        "parameters": totals.parameters or None,
        "macs": totals.macs or None,
        "macc": totals.macc_dense_biases or None,
        "metric": description.metric,
        "threshold": description.threshold,
        "vectors": None if description.seed is None else RANDOM,
        "seed": description.seed,
        "tolerance": description.tolerance,
    }
    notes = {
        "macc": "as ST counts: with biases, ReLU elements, pooling and softmax",
        "tolerance": "largest difference from a golden output; 0 asks for equal bits",
    }
    golden = description.golden
    return "\n".join(
        [
            *(_row(key, value, notes.get(key)) for key, value in rows.items() if value is not None),
            "\n[golden]",
            *(_row(key, value) for key, value in vars(golden).items()),
            *_tensor_rows("input", candidate.input),
            *_tensor_rows("output", candidate.output),
            "",
        ]
    )


def _tensor_rows(table: str, tensor: Tensor) -> list[str]:
    rows = [f"\n[{table}]", _row("type", tensor.type), f"shape = {list(tensor.shape)}"]
    if tensor.scale is not None:
        rows += [_row("scale", tensor.scale), _row("zero_point", tensor.zero_point)]
    return rows


def _row(key: str, value: object, note: str | None = None) -> str:
    comment = f"  # {note}" if note else ""
    if isinstance(value, str):
        # A JSON string is a TOML string, but for halves of letters and the one control character that JSON lets pass.
        plain = value.encode("utf-8", "replace").decode().replace("\x7f", "?")
        return f"{key} = {json.dumps(plain, ensure_ascii=False)}{comment}"
    return f"{key} = {value}{comment}"
