"""Model folders: a `.tflite` file, held-out vectors with golden outputs, and `model.toml`, which describes both."""

from __future__ import annotations

from mcubench.models.arena import ARENA_FILE, ArenaRecord, read_arenas, record_arena, recorded_arena_bytes
from mcubench.models.budget import Budget, read_budgets
from mcubench.models.catalog import find_models_folder, folder_for_new_models, list_models, load_model
from mcubench.models.compare import Comparison, compare_outputs
from mcubench.models.difference import worst_output_difference
from mcubench.models.model import MODEL_FILE, NAME_PATTERN, RANDOM, Golden, Model, read_model
from mcubench.models.score import METRICS, SCORE_NEEDS_VECTORS, Metric, score
from mcubench.models.tensor import Tensor
from mcubench.models.vectors import Vectors, read_vectors

__all__ = [
    "ARENA_FILE",
    "METRICS",
    "MODEL_FILE",
    "NAME_PATTERN",
    "RANDOM",
    "SCORE_NEEDS_VECTORS",
    "ArenaRecord",
    "Budget",
    "Comparison",
    "Golden",
    "Metric",
    "Model",
    "Tensor",
    "Vectors",
    "compare_outputs",
    "find_models_folder",
    "folder_for_new_models",
    "list_models",
    "load_model",
    "read_arenas",
    "read_budgets",
    "read_model",
    "read_vectors",
    "record_arena",
    "recorded_arena_bytes",
    "score",
    "worst_output_difference",
]
