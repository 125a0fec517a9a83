"""The two ways to requantise give the same: with products of 64 bits, and with those that a Cortex-M0 has."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from engine_runner import ENGINE, INCLUDES, WARNINGS, run_tool

# One copy of the header for each way, as functions of their own names.
_UNIT = """
#include "requantize.h"
int64_t NAME(int32_t sum, uint32_t multiplier, int32_t shift, int32_t zero_point);
int64_t NAME(int32_t sum, uint32_t multiplier, int32_t shift, int32_t zero_point) {
    kernels_channel_t channel = {0, multiplier, shift};
    kernels_output_s8_t output = {zero_point, -128, 127};
    int64_t conv = requantize_conv_right(sum, multiplier, shift, zero_point);
    return conv * 256 + (uint8_t)requantize_dense(sum, &channel, &output);
}
"""
# Sums of all sizes; multipliers of all kinds, the ends and what makes products of exact halves more often.
_MAIN = """
#include <stdint.h>
#include <stdio.h>
int64_t narrow(int32_t sum, uint32_t multiplier, int32_t shift, int32_t zero_point);
int64_t wide(int32_t sum, uint32_t multiplier, int32_t shift, int32_t zero_point);
static uint64_t state = 1;
static uint32_t draw(void) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 32);
}
int main(void) {
    for (long count = 0; count < 3000000; count++) {
        int32_t sum = (int32_t)(draw() & 0x7FFFFFFFu) >> draw() % 31;
        uint32_t kind = draw() % 8;
        uint32_t multiplier = kind == 0   ? 0x80000000u + draw() % 3
                              : kind == 1 ? 0xFFFFFFFFu - draw() % 3
                                          : 0x80000000u | draw() >> 1;
        int32_t shift = -1 - (int32_t)(draw() % 31);
        sum = draw() % 2 ? -sum : sum;
        int32_t zero_point = (int32_t)(draw() % 256) - 128;
        if (narrow(sum, multiplier, shift, zero_point) != wide(sum, multiplier, shift, zero_point)) {
            printf("sum %d multiplier %u shift %d zero point %d\\n", (int)sum, multiplier, (int)shift, (int)zero_point);
            return 1;
        }
    }
    return 0;
}
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("requantize")
    objects = []
    for number, name in enumerate(("wide", "narrow")):
        source, made = folder / f"{name}.c", folder / f"{name}.o"
        source.write_text(_UNIT)
        flags = ("-O2", *WARNINGS, *INCLUDES, f"-DNAME={name}", f"-DMCUBENCH_NARROW_PRODUCTS={number}")
        run_tool("gcc", *flags, "-fsanitize=undefined", "-fno-sanitize-recover=all", "-c", source, "-o", made)
        objects.append(made)
    main = folder / "main.c"
    main.write_text(_MAIN)
    sources = (main, *objects, ENGINE / "requantize.c")
    run_tool("gcc", "-O2", *INCLUDES, "-fsanitize=undefined", *sources, "-o", folder / "compare")
    return folder / "compare"


def test_both_ways_give_the_same(program: Path) -> None:
    done = subprocess.run([program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
