"""Loops whose cost on a Cortex-M4 follows from its Technical Reference Manual, and memory as on the nRF52840."""

from __future__ import annotations

import pytest
from timing_rig import CYCCNT, DTCM, FLASH, PPB, SRAM, Rig, assemble
from unicorn import Uc

from mcubench.virtual.timing import CORTEX_M4, MemoryState

LINE_BYTES = 16
WAIT_STATES = 2
CACHE_ON = MemoryState(icache=True, dcache=False, prefetch=False, flash_wait_states=WAIT_STATES)
CACHE_OFF = MemoryState(icache=False, dcache=False, prefetch=False, flash_wait_states=WAIT_STATES)
# A word at DTCM holds its own address, the words after it hold zero; r8 and r12 are the bases that no body changes.
REGISTERS = {f"r{number}": 0 for number in range(13)} | {"r8": DTCM + 0x100, "r9": 1, "r10": DTCM, "r12": DTCM}


def m4(code: bytes, state: MemoryState = CACHE_ON, at: int = FLASH) -> Rig:
    return Rig(code, state, at, CORTEX_M4)


def cycles_per_body(body: str) -> float:
    """Return the cycles that one body adds to a warm loop: (16 bodies - 8 bodies) / 8, averaged over 64 rounds."""
    cycles = []
    for copies in (8, 16):
        loop = "\n".join([".balign 4", "1:", *[body] * copies, "subs r11, #1", "bne.w 1b"])
        rig = m4(assemble(loop))
        rig.uc.mem_write(DTCM, DTCM.to_bytes(4, "little"))
        rig.run(REGISTERS | {"r11": 8})
        cycles.append(rig.run(REGISTERS | {"r11": 64}))
    return (cycles[1] - cycles[0]) / 8 / 64


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param("add.w r0, r0, r9", 1, id="addition"),
        pytest.param("add.w r0, r0, r2, lsl #3", 1, id="shifted operand"),
        pytest.param("mul r0, r2, r9", 1, id="MUL"),
        pytest.param("mla r0, r2, r9, r0", 1, id="MLA"),
        pytest.param("smlad r0, r2, r3, r0", 1, id="SMLAD into one accumulator"),
        pytest.param("smlal r0, r1, r2, r3", 1, id="SMLAL"),
        pytest.param("sxtb16 r0, r2, ror #8", 1, id="SXTB16"),
        pytest.param("ssat r0, #8, r2", 1, id="SSAT"),
        pytest.param("sdiv r0, r2, r9", 7, id="SDIV"),
        pytest.param("cmp r7, #0; it ne; movne r0, r2", 2, id="IT folds onto a 16-bit instruction"),
        pytest.param("cmp.w r7, #0; it ne; movne r0, r2", 3, id="IT behind a 32-bit instruction"),
    ],
)
def test_arithmetic(body: str, expected: float) -> None:
    assert cycles_per_body(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param("ldr.w r0, [r8]; eor.w r2, r3, r4", 3, id="load alone"),
        pytest.param("ldr.w r0, [r8]; ldr.w r1, [r8, #4]; eor.w r2, r3, r4", 4, id="second load pipelines"),
        pytest.param("ldr.w r10, [r10]", 2, id="loaded word as an address"),
        pytest.param("add.w r8, r8, r7; ldr.w r0, [r8]", 4, id="computed address"),
        pytest.param("ldrb.w r0, [r8, r7]; eor.w r2, r3, r4", 3, id="byte with an index"),
        pytest.param("str.w r0, [r8]", 1, id="store"),
        pytest.param("str.w r0, [r8, r7]", 2, id="store with an index"),
        pytest.param("ldr.w r0, [r8]; str.w r1, [r8, r7]; eor.w r2, r3, r4", 4, id="store behind a load"),
        pytest.param("str.w r0, [r8]; ldr.w r1, [r8]; eor.w r2, r3, r4", 5, id="load behind a store"),
        pytest.param("ldrd r0, r1, [r8]", 3, id="LDRD"),
        pytest.param("strd r0, r1, [r8]", 3, id="STRD"),
        pytest.param("ldm.w r8, {r0-r3}", 5, id="LDM of four"),
        pytest.param("stm.w r8, {r0-r3}", 5, id="STM of four"),
        pytest.param("push {r2-r5}; pop {r2-r5}", 10, id="PUSH and POP of four"),
    ],
)
def test_loads_and_stores(body: str, expected: float) -> None:
    assert cycles_per_body(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param("b.w 2f; nop.w; 2:", 2, id="branch"),
        pytest.param("cmp.w r7, #0; beq.w 2f; nop.w; 2:", 3, id="conditional branch, taken"),
        pytest.param("cmp.w r7, #0; bne.w 2f; 2:", 2, id="conditional branch, not taken"),
        pytest.param("bl 2f; nop.w; 2:", 2, id="call"),
        pytest.param("adr r0, 2f; adds r0, #1; bx r0; nop; 2:", 5, id="branch to a register"),
        pytest.param(
            "adr.w r0, 2f+1; str.w r0, [r12]; ldr.w pc, [r12]; nop.w; 2:", 8, id="load to the program counter"
        ),
        pytest.param("tbb [pc, r7]; .byte 1, 0; nop", 7, id="table branch"),
        pytest.param("b 2f; nop; nop; 2: eor.w r0, r2, r3; nop; nop; nop", 7, id="to an instruction in two words"),
    ],
)
def test_branches(body: str, expected: float) -> None:
    assert cycles_per_body(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param("nop; eor.w r0, r2, r3; eor.w r0, r2, r3; nop", 4, id="two in a row are free"),
        pytest.param("nop; eor.w r0, r2, r3; eor.w r0, r2, r3; eor.w r0, r2, r3; nop", 6, id="three cost a cycle"),
        pytest.param("nop; " + "eor.w r0, r2, r3; " * 9 + "nop", 12, id="nine cost no more"),
        pytest.param("nop; ldr.w r0, [r8]; ldr.w r1, [r8, #4]; nop", 6, id="loads do not pipeline"),
    ],
)
def test_wide_instructions_that_lie_in_two_words(body: str, expected: float) -> None:
    assert cycles_per_body(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param("vadd.f32 s0, s2, s1; vmul.f32 s3, s4, s5", 2, id="addition and multiplication"),
        pytest.param("vadd.f32 s0, s0, s1", 2, id="result needed at once"),
        pytest.param("vfma.f32 s0, s2, s1; vfma.f32 s3, s2, s1", 6, id="two accumulators"),
        pytest.param("vfma.f32 s0, s2, s1", 4, id="one accumulator"),
        pytest.param("vdiv.f32 s0, s1, s2", 14, id="division"),
        pytest.param("vsqrt.f32 s0, s1", 14, id="square root"),
        pytest.param("vldr s0, [r8]; vldr s1, [r8, #4]; eor.w r2, r3, r4", 4, id="VLDR pipelines"),
        pytest.param("vldm r8, {s0-s3}", 5, id="VLDM of four"),
        pytest.param("vmov r0, s0", 1, id="VMOV"),
        pytest.param("vmov r0, r1, s0, s1", 2, id="VMOV of two registers"),
    ],
)
def test_floating_point(body: str, expected: float) -> None:
    assert cycles_per_body(body) == expected


def test_delay_loop_takes_three_cycles_a_round() -> None:
    """What nrfx counts on for its delays, and what its users measure (docs/timing.md)."""
    rig = m4(assemble(".balign 4\n1: subs r0, #1\nbne 1b\nnop"))
    rig.run({"r0": 1})
    assert rig.run({"r0": 1000}) - rig.run({"r0": 500}) == 3 * 500


def test_nothing_is_predicted() -> None:
    rig = m4(assemble("1: eors r1, r2\nbne 2f\nnop\n2: subs r0, #1\nbne 1b"))
    rig.run({"r0": 1000, "r1": 0, "r2": 1})
    assert rig.counter.statistics().mispredictions == 0


def test_reads_of_cyccnt_differ_by_what_the_manual_gives_for_the_instructions_between() -> None:
    code = assemble(
        "ldr.w r0, [r8]\nmla r2, r3, r4, r2\nsdiv r5, r6, r9\nldr.w r7, [r10]\neor.w r2, r3\nldr.w r1, [r8]"
    )
    rig = m4(code)
    reads: list[int] = []

    def read(_uc: Uc, offset: int, _size: int, _data: object) -> int:
        reads.append(rig.counter.cycles_at(PPB + offset))
        return 0

    rig.uc.mmio_map(PPB, 0x100000, read, None, None, None)
    rig.run({"r8": CYCCNT, "r9": 1, "r10": DTCM})
    assert reads[1] - reads[0] == 1 + 7 + 2 + 1 + 2


def test_code_larger_than_the_cache_misses_every_line_every_time() -> None:
    code = assemble("add.w r0, r0, r1\n" * 1024)  # 4 KB
    rig = m4(code)
    lines = len(code) // LINE_BYTES
    assert rig.run() == 1024 + lines * (1 + WAIT_STATES)
    before = rig.counter.statistics()
    rig.run()
    assert rig.counter.statistics().since(before).icache_misses == lines


@pytest.mark.parametrize("wait_states", [0, 2, 5])
def test_without_cache_every_16_bytes_of_instructions_pay_the_wait_states(wait_states: int) -> None:
    code = assemble("add.w r0, r0, r1\n" * 32)
    off = MemoryState(icache=False, dcache=False, prefetch=False, flash_wait_states=wait_states)
    assert m4(code, off).run() == 32 + 8 * wait_states


def test_instructions_from_ram_pay_for_every_word() -> None:
    assert m4(assemble("add.w r0, r0, r1\n" * 32), CACHE_OFF, SRAM).run() == 32 + 32


@pytest.mark.parametrize("state", [CACHE_ON, CACHE_OFF], ids=["cache on", "cache off"])
@pytest.mark.parametrize(
    ("body", "words"),
    [("ldr r2, [r1]", 1), ("ldrb r2, [r1]", 1), ("ldrd r2, r3, [r1]", 2), ("ldm r1, {r2-r5}", 4)],
    ids=["word", "byte", "LDRD", "LDM"],
)
def test_every_data_read_from_flash_pays_the_wait_states(state: MemoryState, body: str, words: int) -> None:
    rig = m4(assemble(body), state)
    rig.run({"r1": SRAM})
    assert rig.run({"r1": FLASH + 0x10000}) - rig.run({"r1": SRAM}) == words * WAIT_STATES


def test_ram_costs_nothing_beyond_the_instruction() -> None:
    assert cycles_per_body("ldr.w r0, [r8]; str.w r1, [r8, #4]; eor.w r2, r3, r4") == 5 - 1


def test_there_is_no_data_cache_to_switch_on() -> None:
    code = assemble("1: ldr r2, [r1]\nsubs r0, #1\nbne 1b")
    on = MemoryState(icache=True, dcache=True, prefetch=False, flash_wait_states=WAIT_STATES)
    rigs = [m4(code, state) for state in (CACHE_ON, on)]
    cycles = [rig.run({"r0": 50, "r1": FLASH + 0x10000}) for rig in rigs]
    assert cycles[0] == cycles[1]
    assert rigs[1].counter.statistics().dcache_misses == 0


def test_flushed_instruction_cache_is_empty() -> None:
    rig = m4(assemble("add.w r0, r0, r1\n" * 32))
    rig.run()
    warm = rig.run()
    rig.counter.caches_flushed(True, True)
    assert rig.run() - warm == 8 * (1 + WAIT_STATES)
