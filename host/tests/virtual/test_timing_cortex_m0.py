"""Instructions whose cost on a Cortex-M0 stands in table 3-1 of its Technical Reference Manual (DDI 0432C)."""

from __future__ import annotations

from itertools import pairwise

import pytest
from timing_rig import DTCM, FLASH, FLASH_ITCM, Rig, assemble
from unicorn import UC_HOOK_CODE, Uc

from mcubench.virtual.timing import CoreModel, MemoryState, make_cortex_m0

FAST = make_cortex_m0(fast_multiplier=True, branch_wait_cycles=0)
SMALL = make_cortex_m0(fast_multiplier=False, branch_wait_cycles=0)
NO_WAIT = MemoryState(icache=False, dcache=False, prefetch=True, flash_wait_states=0)
# r4 and r5 point to RAM, r6 is 1. At FLASH_ITCM the rig has flash that no cache holds.
REGISTERS = {f"r{number}": 0 for number in range(13)} | {"r4": DTCM, "r5": DTCM + 0x100, "r6": 1}


def m0(body: str, state: MemoryState = NO_WAIT, core: CoreModel = FAST, at: int = FLASH) -> Rig:
    return Rig(assemble(f".cpu cortex-m0\n.balign 4\n{body}"), state, at, core)


def cycles(body: str, state: MemoryState = NO_WAIT, core: CoreModel = FAST, at: int = FLASH) -> float:
    """Return the cycles of a body: (16 of them - 8 of them) / 8."""
    registers = REGISTERS | {"r7": at}
    runs = [m0("\n".join([body] * copies), state, core, at).run(registers) for copies in (8, 16)]
    return (runs[1] - runs[0]) / 8


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param("movs r0, #1", 1, id="MOVS"),
        pytest.param("mov r8, r0", 1, id="MOV of a high register"),
        pytest.param("adds r0, r1, r2", 1, id="ADDS"),
        pytest.param("adcs r0, r1", 1, id="ADCS"),
        pytest.param("add sp, #8; sub sp, #8", 2, id="stack pointer"),
        pytest.param("adr r0, 1f; nop; 1:", 2, id="ADR"),
        pytest.param("muls r0, r1", 1, id="MULS"),
        pytest.param("cmp r0, #3; tst r0, r1", 2, id="CMP and TST"),
        pytest.param("ands r0, r1; bics r0, r1; mvns r0, r1", 3, id="logic"),
        pytest.param("lsls r0, r1, #3; asrs r0, r1; rors r0, r1", 3, id="shifts"),
        pytest.param("sxtb r0, r1; uxth r0, r1; rev r0, r1", 3, id="extensions and REV"),
        pytest.param("ldr r0, [r4]", 2, id="LDR"),
        pytest.param("ldrsb r0, [r4, r6]", 2, id="LDRSB with an index"),
        pytest.param("ldr r0, [sp, #4]", 2, id="LDR from the stack"),
        pytest.param("strh r0, [r5, #2]", 2, id="STRH"),
        pytest.param("ldmia r5!, {r0-r2}; ldmia r5!, {r1}", 6, id="LDM of three and of one"),
        pytest.param("push {r0, r1}; pop {r0, r1}", 6, id="PUSH and POP of two"),
        pytest.param("mrs r0, PRIMASK", 4, id="MRS"),
        pytest.param("dsb", 4, id="DSB"),
        pytest.param("nop", 1, id="NOP"),
        pytest.param("b 1f; nop; 1:", 3, id="branch"),
        pytest.param("cmp r6, #1; beq 1f; nop; 1:", 4, id="conditional branch, taken"),
        pytest.param("cmp r6, #1; bne 1f; 1:", 2, id="conditional branch, not taken"),
        pytest.param("bl 1f; nop; 1:", 4, id="BL"),
        pytest.param("ldr r0, =1f+1; bx r0; .ltorg; .balign 4; nop; 1:", 5, id="BX"),
        pytest.param("ldr r0, =1f+1; blx r0; .ltorg; .balign 4; nop; 1:", 5, id="BLX"),
        pytest.param("ldr r0, =1f+1; push {r0}; pop {pc}; .ltorg; .balign 4; nop; 1:", 9, id="POP of the PC"),
    ],
)
def test_costs(body: str, expected: int) -> None:
    assert cycles(body) == expected


def test_a_small_multiplier_takes_32_cycles() -> None:
    assert cycles("muls r0, r1", core=SMALL) == 32


LOOP = "movs r0, #100\n.balign 4\n1: subs r0, #1\nbne 1b\nnop"


@pytest.mark.parametrize(
    ("prefetch", "before", "expected"),
    [
        # A round is SUBS and a taken branch: 4 cycles. The target's word waits; its second half brings another wait.
        pytest.param(True, "", 4 + 1, id="prefetch"),
        pytest.param(True, "nop", 4 + 2, id="prefetch, the target in the second half of a word"),
        pytest.param(False, "", 4 + 1, id="no prefetch, a loop of one word"),
        pytest.param(False, "nop", 4 + 2, id="no prefetch, a loop in two words"),
    ],
)
def test_a_wait_state_of_the_flash_delays_what_a_branch_leads_to(prefetch: bool, before: str, expected: int) -> None:
    state = MemoryState(icache=False, dcache=False, prefetch=prefetch, flash_wait_states=1)
    core = make_cortex_m0(fast_multiplier=True, branch_wait_cycles=1 if prefetch else 0)
    loop = LOOP.replace("1:", f"{before}\n1:" if before else "1:")
    rounds = [m0(loop.replace("#100", f"#{count}"), state, core, FLASH_ITCM).run() for count in (100, 200)]
    assert rounds[1] - rounds[0] == 100 * expected


@pytest.mark.parametrize(("wait_states", "expected"), [(0, 2), (1, 3)])
def test_a_word_of_data_from_flash_waits(wait_states: int, expected: int) -> None:
    state = MemoryState(icache=False, dcache=False, prefetch=True, flash_wait_states=wait_states)
    assert cycles("ldr r0, [r7]", state, at=FLASH_ITCM) == expected
    assert cycles("ldr r0, [r4]", state, at=FLASH_ITCM) == 2


# Encodings of Armv6-M (DDI 0419, A5.2): mask, value, cycles if what follows is the next instruction, and if it is not.
ENCODINGS = [
    (0xFF00, 0xBD00, 0, lambda code: 4 + count_bits(code & 0x1FF)),  # POP with PC
    (0xFE00, 0xBC00, lambda code: 1 + count_bits(code & 0xFF), 0),  # POP
    (0xFE00, 0xB400, lambda code: 1 + count_bits(code & 0x1FF), 0),  # PUSH
    (0xF000, 0xC000, lambda code: 1 + count_bits(code & 0xFF), 0),  # STM, LDM
    (0xFF00, 0x4700, 3, 3),  # BX, BLX
    (0xF000, 0xD000, 1, 3),  # B with a condition
    (0xF800, 0xE000, 3, 3),  # B
    (0xF800, 0xF000, 4, 4),  # BL
    (0xF800, 0x4800, 2, 0),  # LDR of a literal
    (0xF000, 0x5000, 2, 0),  # loads and stores with an index
    (0xE000, 0x6000, 2, 0),  # words and bytes
    (0xF000, 0x8000, 2, 0),  # halfwords
    (0xF000, 0x9000, 2, 0),  # from the stack
    (0x0000, 0x0000, 1, 3),  # all else; a MOV to the program counter goes elsewhere
]


def count_bits(value: int) -> int:
    return value.bit_count()


def cost(code: int, goes_on: bool) -> int:
    row = next(row for row in ENCODINGS if code & row[0] == row[1])
    chosen = row[2] if goes_on else row[3]
    return chosen(code) if callable(chosen) else chosen


PROGRAM = """
    movs r0, #50
    movs r7, #0
1:  bl 3f
    lsrs r1, r0, #1
    bcc 2f
    muls r7, r0
    ldr r2, =0x20000040
    stmia r2!, {r0, r1, r7}
    ldr r2, [r2]
2:  subs r0, #1
    bne 1b
    b 5f
    .ltorg
    .balign 4
3:  push {r4, r5, lr}
    movs r4, #3
4:  adds r7, r4
    eors r5, r7
    subs r4, #1
    bpl 4b
    mov r8, r5
    pop {r4, r5, pc}
5:  nop
"""


def test_every_instruction_that_ran_is_charged_as_its_encoding_says() -> None:
    """A second reading of the manual, by encodings, over a program as it runs: both must give the same sum."""
    rig = m0(PROGRAM)
    ran: list[tuple[int, int]] = []

    def note(_uc: Uc, address: int, size: int, _data: object) -> None:
        ran.append((address, size))

    rig.uc.hook_add(UC_HOOK_CODE, note)
    modelled = rig.run()
    ran.append((rig.end, 0))
    expected = 0
    for (address, size), (following, _) in pairwise(ran):
        code = int.from_bytes(rig.uc.mem_read(address, 2), "little")
        expected += cost(code, following == address + size)
    assert len(ran) > 1000
    assert modelled == expected
