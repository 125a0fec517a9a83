"""Loops whose cost follows from the published rules of the Cortex-M7 (docs/timing.md)."""

from __future__ import annotations

import pytest
from timing_rig import DTCM, Rig, assemble

# A word at DTCM holds its own address, the words after it hold zero.
REGISTERS = {f"r{number}": 0 for number in range(12)} | {"r1": DTCM + 0x100, "r9": 1, "r10": DTCM}


def cycles_per_body(body: str) -> float:
    """Return the cycles that one body adds to a warm loop: (16 bodies - 8 bodies) / 8, averaged over 64 rounds."""
    cycles = []
    for copies in (8, 16):
        loop = "\n".join(["1:", *[body] * copies, "subs r11, #1", "bne 1b"])
        rig = Rig(assemble(loop))
        rig.uc.mem_write(DTCM, DTCM.to_bytes(4, "little"))
        rig.run(REGISTERS | {"r11": 8})
        cycles.append(rig.run(REGISTERS | {"r11": 64}))
    return (cycles[1] - cycles[0]) / 8 / 64


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param("add.w r0, r0, r9", 1, id="dependent additions one after another"),
        pytest.param("eor.w r0, r2, r3; eor.w r4, r5, r6", 1, id="independent ALU operations in pairs"),
        pytest.param("add.w r0, r2, r3; eor.w r4, r0, r5", 1, id="early ALU feeds late ALU in one cycle"),
        pytest.param("eor.w r0, r0, r3; eor.w r0, r0, r5", 2, id="late ALU does not feed itself in one cycle"),
        pytest.param("add.w r0, r2, r3, lsl #3; add.w r4, r5, r6, lsl #3", 2, id="one shifted operand per cycle"),
        pytest.param("eor.w r0, r2, r0, lsl #1", 2, id="shifted operand is needed a cycle early"),
        pytest.param("sdiv r0, r2, r9", 7, id="division"),
    ],
)
def test_alu(body: str, expected: float) -> None:
    assert cycles_per_body(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param("smlad r0, r2, r3, r0", 1, id="accumulators chain every cycle"),
        pytest.param("smlad r0, r0, r3, r4", 2, id="a product as multiplicand waits a cycle"),
        pytest.param("smlad r0, r2, r3, r0; eor.w r4, r5, r6", 1, id="MAC and ALU pair"),
        pytest.param("smlad r0, r2, r3, r0; smlad r4, r5, r6, r4", 2, id="one MAC per cycle"),
        pytest.param("smlad r0, r2, r3, r0; str r4, [r1]", 2, id="no MAC with a store"),
        pytest.param("smlad r0, r2, r3, r0; ldr r4, [r1]", 1, id="MAC and load pair"),
        pytest.param("sxtb16 r0, r2; sxtb16 r3, r4, ror #8", 2, id="one DSP operation per cycle"),
        pytest.param("sxtb16 r0, r2; eor.w r4, r5, r6", 1, id="DSP operation as the older one pairs"),
        pytest.param("ldr r0, [r1]; smlad r2, r0, r3, r2; eor.w r1, r1, r2", 6, id="load to MAC to address"),
    ],
)
def test_multiplication_and_dsp(body: str, expected: float) -> None:
    assert cycles_per_body(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param("ldr r0, [r1]; ldr r2, [r1, #4]", 1, id="loads of an even and an odd word pair"),
        pytest.param("ldr r0, [r1]; ldr r2, [r1, #8]", 2, id="loads of two even words do not"),
        pytest.param("str r0, [r1]; str r2, [r1, #4]", 2, id="one store per cycle"),
        pytest.param("ldr r0, [r1]; str r2, [r1, #4]", 1, id="load and store pair"),
        pytest.param("ldr r10, [r10]", 3, id="loaded word as an address"),
        pytest.param("ldr r0, [r1]; orr.w r1, r1, r0", 3, id="load, ALU, address"),
        pytest.param("ldrb r0, [r1]; orr.w r1, r1, r0", 4, id="bytes come a cycle later"),
        pytest.param("ldr r0, [r1]; orr.w r1, r1, r0, lsl #1", 4, id="shifted operands wait a cycle more"),
        pytest.param("ldrd r2, r3, [r1]", 1, id="LDRD"),
        pytest.param("push {r2-r5}; pop {r2-r5}", 4, id="PUSH and POP of four"),
        pytest.param("push {r2-r6}; pop {r2-r6}", 6, id="PUSH and POP of five"),
        pytest.param("ldr r2, [r1], #4; ldr r3, [r1], #-4", 2, id="written-back base is there in the next cycle"),
    ],
)
def test_loads_and_stores(body: str, expected: float) -> None:
    assert cycles_per_body(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param("b 2f; 2:", 1, id="taken branch ends its group without a bubble"),
        pytest.param("eor.w r0, r2, r3; b 2f; 2:", 1, id="branch pairs with what precedes it"),
        pytest.param("cbnz r7, 2f; eor.w r0, r2, r3; 2:", 1, id="branch not taken pairs with what follows"),
        pytest.param("cmp r9, #0; it eq; moveq r0, r2", 1.5, id="conditional move waits for the flags"),
    ],
)
def test_branches(body: str, expected: float) -> None:
    assert cycles_per_body(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param("vadd.f32 s0, s0, s1", 3, id="dependent additions"),
        pytest.param("vadd.f32 s0, s2, s1; vadd.f32 s3, s4, s5", 2, id="one operation per cycle"),
        pytest.param("vfma.f32 s0, s2, s1", 3, id="one accumulator"),
        pytest.param("vfma.f32 s0, s2, s1; vfma.f32 s3, s2, s1; vfma.f32 s4, s2, s1", 3, id="three accumulators"),
        pytest.param("vdiv.f32 s0, s1, s2", 16, id="division"),
    ],
)
def test_floating_point(body: str, expected: float) -> None:
    assert cycles_per_body(body) == expected
