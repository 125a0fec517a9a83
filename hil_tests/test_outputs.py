"""What the models on the board compute: equal to the golden outputs at every clock, and right often enough."""

from __future__ import annotations

import pytest

from mcubench.models import METRICS, load_model

pytestmark = pytest.mark.slow

LEAST_VECTORS = 30
LEAST_VECTORS_SOMEWHERE = 300


def test_models_in_the_image_are_those_in_the_folder(measure, models_folder) -> None:
    for embedded in measure.models:
        model = load_model(embedded.name, models_folder)
        assert embedded.sha256 == model.sha256
        assert (embedded.input_bytes, embedded.output_bytes) == (model.input.byte_count, model.output.byte_count)
        assert (embedded.input_type, embedded.output_type) == (model.input.type, model.output.type)


def test_every_point_could_be_measured(sweep) -> None:
    assert {each.point_id: each.error for each in sweep if each.status != "ok"} == {}


def test_enough_vectors_were_checked(records, measure) -> None:
    for model in {each.model for each in records}:
        counts = [each.vectors for each in records if each.model == model]
        assert min(counts) >= min(LEAST_VECTORS, len(measure.vectors(model)))
        assert max(counts) >= min(LEAST_VECTORS_SOMEWHERE, len(measure.vectors(model)))


def test_outputs_equal_the_golden_ones(records, models_folder, record_metric) -> None:
    for record in records:
        tolerance = load_model(record.model, models_folder).tolerance_of(record.engine)
        record_metric(f"{record.point_id} largest error", record.max_abs_error)
        if tolerance == 0:
            assert record.bit_exact, record.point_id
        else:
            assert record.max_abs_error <= tolerance, record.point_id


def test_score_is_above_its_threshold(records, record_metric) -> None:
    for record in records:
        if record.score_threshold is not None and record.vectors >= LEAST_VECTORS_SOMEWHERE:
            record_metric(f"{record.point_id} {record.metric}", record.score)
            assert METRICS[record.metric].reaches(record.score, record.score_threshold), record.point_id
