"""Machine code to instructions: kinds, roles of registers, memory."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from timing_rig import assemble

from mcubench.virtual.timing.decode import decode
from mcubench.virtual.timing.instruction import FLAGS, Access, Instruction, Kind, Role, Source


def one(text: str) -> Instruction:
    (instruction,) = decode(assemble(text), 0x08000000)
    return instruction


def roles(instruction: Instruction) -> list[tuple[int, Role]]:
    return [(source.register, source.role) for source in instruction.sources]


@pytest.mark.parametrize(
    ("text", "kind", "expected", "results"),
    [
        ("add r0, r1, r2", Kind.ALU, [(1, Role.PLAIN), (2, Role.PLAIN)], (0,)),
        ("adds r0, r0, r1", Kind.ALU, [(0, Role.PLAIN), (1, Role.PLAIN)], (0, FLAGS)),
        ("add.w r0, r1, r2, lsl #2", Kind.ALU, [(1, Role.PLAIN), (2, Role.SHIFTED)], (0,)),
        ("movt r3, #7", Kind.ALU, [(3, Role.PLAIN)], (3,)),
        ("cmp r4, r5", Kind.ALU, [(4, Role.PLAIN), (5, Role.PLAIN)], (FLAGS,)),
        ("lsl.w r0, r1, #3", Kind.SHIFT, [(1, Role.PLAIN)], (0,)),
        ("sxtb16 r0, r1, ror #8", Kind.EXTEND, [(1, Role.PLAIN)], (0,)),
        ("uxtab r0, r1, r2", Kind.EXTEND, [(1, Role.PLAIN), (2, Role.SHIFTED)], (0,)),
        ("pkhbt r0, r1, r2, lsl #16", Kind.EXTEND, [(1, Role.PLAIN), (2, Role.SHIFTED)], (0,)),
        ("bfi r0, r1, #2, #3", Kind.EXTEND, [(0, Role.PLAIN), (1, Role.SHIFTED)], (0,)),
        ("ssat r0, #8, r1, asr #2", Kind.EXTEND, [(1, Role.SHIFTED)], (0,)),
        (
            "smlad r0, r1, r2, r3",
            Kind.MULTIPLY,
            [(1, Role.MULTIPLIED), (2, Role.MULTIPLIED), (3, Role.ACCUMULATED)],
            (0,),
        ),
        ("smull r0, r1, r2, r3", Kind.MULTIPLY, [(2, Role.MULTIPLIED), (3, Role.MULTIPLIED)], (0, 1)),
        ("ldr r0, [r1, r2, lsl #2]", Kind.LOAD, [(1, Role.ADDRESS), (2, Role.ADDRESS)], (0,)),
        ("strh r0, [r1]", Kind.STORE, [(1, Role.ADDRESS), (0, Role.STORED)], ()),
        ("ldrd r2, r3, [r1]", Kind.LOAD_MULTIPLE, [(1, Role.ADDRESS)], (2, 3)),
        ("vmov r0, r1, d1", Kind.FP_MOVE, [(34, Role.PLAIN), (35, Role.PLAIN)], (0, 1)),
        ("vmrs APSR_nzcv, fpscr", Kind.FP_STATUS, [(17, Role.PLAIN)], (FLAGS,)),
        (
            "vfma.f32 s0, s1, s2",
            Kind.FP_MAC,
            [(33, Role.MULTIPLIED), (34, Role.MULTIPLIED), (32, Role.ACCUMULATED)],
            (32,),
        ),
        ("tbb [pc, r0]", Kind.TABLE_BRANCH, [(15, Role.ADDRESS), (0, Role.ADDRESS)], (15,)),
        ("nop.w", Kind.NOP, [], ()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_kind_and_registers(text: str, kind: Kind, expected: list[tuple[int, Role]], results: tuple[int, ...]) -> None:
    instruction = one(text)
    assert (instruction.kind, roles(instruction), instruction.results) == (kind, expected, results)


@pytest.mark.parametrize(
    ("text", "access"),
    [
        ("ldr r0, [r1, #4]", Access(1, None, 0, 4, 4, 1, False, 0)),
        ("ldrsb r0, [r1, r2]", Access(1, 2, 0, 0, 1, 1, False, 0)),
        ("str r0, [r1], #-4", Access(1, None, 0, 0, 4, 1, True, -4)),
        ("ldrh r0, [r1, #6]!", Access(1, None, 0, 6, 2, 1, False, 6)),
        ("strd r0, r1, [r2], #8", Access(2, None, 0, 0, 8, 2, True, 8)),
        ("push {r4, r5, lr}", Access(13, None, 0, -12, 12, 3, True, -12)),
        ("pop {r4, r5, pc}", Access(13, None, 0, 0, 12, 3, False, 12)),
        ("ldmdb r3!, {r4, r5}", Access(3, None, 0, -8, 8, 2, False, -8)),
        ("vldmia r0!, {s0-s3}", Access(0, None, 0, 0, 16, 4, False, 16)),
        ("vpush {d8}", Access(13, None, 0, -8, 8, 2, True, -8)),
        ("vldr d1, [r2, #8]", Access(2, None, 0, 8, 8, 2, False, 0)),
    ],
)
def test_memory(text: str, access: Access) -> None:
    assert one(text).access == access


def test_conditional_instruction_waits_for_flags_and_keeps_its_old_result() -> None:
    _it, instruction = decode(assemble("it eq\nmoveq r0, r1"), 0x08000000)
    assert instruction.conditional
    assert set(instruction.sources) == {Source(number, Role.PLAIN) for number in (0, 1, FLAGS)}


@pytest.mark.parametrize(
    ("text", "wide"),
    [("add.w r0, r1, #255", False), ("eor r0, r1, #0x1b1b1b1b", False), ("and r0, r1, #0x7e0", True)],
)
def test_constants_that_need_the_shifter(text: str, wide: bool) -> None:
    assert one(text).wide_constant is wide


@given(st.binary(min_size=2, max_size=64).filter(lambda code: len(code) % 2 == 0))
def test_any_bytes_are_decoded_without_a_gap(code: bytes) -> None:
    instructions = decode(code, 0x08000000)
    address = 0x08000000
    for instruction in instructions:
        assert instruction.address == address
        address += instruction.size_bytes
    assert address - 0x08000000 in (len(code), len(code) + 2)  # the last one may be cut off in its middle
