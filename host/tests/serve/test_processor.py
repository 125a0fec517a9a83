from __future__ import annotations

import platform

import pytest

from mcubench.serve.processor import processor_name, shorten


@pytest.mark.parametrize(
    ("model_name", "expected"),
    [
        ("Intel(R) Xeon(R) CPU E5-2673 v4 @ 2.30GHz", "Intel Xeon E5-2673 v4"),
        ("11th Gen Intel(R) Core(TM) i7-1185G7 @ 3.00GHz", "11th Gen Intel Core i7-1185G7"),
        ("AMD Ryzen 9 5950X 16-Core Processor            ", "AMD Ryzen 9 5950X"),
        ("AMD EPYC", "AMD EPYC"),
        ("x" * 80, "x" * 63),
        ("CPU @ 3.00GHz", platform.machine()),
    ],
)
def test_marks_rates_and_fillers_are_left_out(model_name: str, expected: str) -> None:
    assert shorten(model_name) == expected


def test_this_machine_has_a_name_without_marks() -> None:
    assert processor_name()
    assert "(" not in processor_name()
