"""Machine code to `Instruction`s, by capstone.

Capstone's own lists of registers read and written miss operands of several DSP instructions (5.0.9: UXTAB, PKHBT,
SSAT), so roles follow from the mnemonic and the order of operands in the Armv7-M Architecture Reference Manual,
chapter A7.7.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import capstone
from capstone import arm

from mcubench.virtual.timing.instruction import FLAGS, FP_FLAGS, PC, S0, SP, Access, Instruction, Kind, Role, Source

__all__ = ["decode"]

_ALU = frozenset(["adc", "add", "addw", "and", "bic", "eor", "orn", "orr", "rsb", "sbc", "sub", "subw", "adr"])
_MOVES = frozenset(["mov", "movw", "mvn"])
_COMPARES = frozenset(["cmn", "cmp", "teq", "tst"])
_SHIFTS = frozenset(["asr", "lsl", "lsr", "ror", "rrx"])
# Bit-field and DSP operations whose source goes through the first shifter; of the second group only the last operand.
_EXTRACTS = frozenset(["rbit", "rev", "rev16", "revsh", "sbfx", "ubfx", "ssat", "ssat16", "usat", "usat16"])
_EXTRACTS_LAST = frozenset(["bfi", "pkhbt", "pkhtb", "sxtab", "sxtab16", "sxtah", "uxtab", "uxtab16", "uxtah"])
_EXTENDS = frozenset(["sxtb", "sxth", "uxtb", "uxth", "sxtb16", "uxtb16", "sel", "clz", "usad8", "usada8", "bfc"])
_PARALLEL_PREFIXES = ("s", "u", "q", "uq", "sh", "uh")
_PARALLEL = frozenset(
    prefix + operation
    for prefix in _PARALLEL_PREFIXES
    for operation in ("add8", "add16", "sub8", "sub16", "asx", "sax", "add", "sub")
) - {"add", "sub"}
_SATURATING = frozenset(["qadd", "qsub", "qdadd", "qdsub"])
_LONG = ("smull", "umull", "smlal", "umlal", "umaal", "smlsld")
_DIVIDES = frozenset(["sdiv", "udiv"])
_BRANCHES = frozenset(["b", "bl", "blx", "bx", "cbz", "cbnz"])
_SIZES = {"b": 1, "h": 2, "sb": 1, "sh": 2, "": 4, "t": 4, "d": 8, "ex": 4, "exb": 1, "exh": 2, "bt": 1, "ht": 2}
_MULTIPLE = frozenset(["ldm", "ldmdb", "stm", "stmdb", "push", "pop"])
_FP_MULTIPLE = frozenset(["vldmia", "vldmdb", "vstmia", "vstmdb", "vpush", "vpop"])
_FP_MACS = frozenset(["vfma", "vfms", "vfnma", "vfnms", "vmla", "vmls", "vnmla", "vnmls"])

_disassembler = capstone.Cs(
    capstone.CS_ARCH_ARM, capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS | capstone.CS_MODE_V8
)
_disassembler.detail = True


def decode(code: bytes, address: int) -> list[Instruction]:
    """Return the instructions in `code`, which lies at `address`; what cannot be decoded counts as a NOP each."""
    return list(_decode(code, address))


def _decode(code: bytes, address: int) -> Iterator[Instruction]:
    offset = 0
    while offset < len(code):
        for insn in _disassembler.disasm(code[offset:], address + offset):
            yield _instruction(insn)
            offset += insn.size
        if offset < len(code):
            size = 4 if code[offset + 1 : offset + 2] >= b"\xe8" else 2
            yield Instruction(address + offset, size, "?", Kind.NOP, (), ())
            offset += size


def _instruction(insn: Any) -> Instruction:
    name = _name(insn)
    operands = list(insn.operands)
    conditional = insn.cc not in (arm.ARM_CC_AL, arm.ARM_CC_INVALID)
    if name.startswith("v"):
        parts = _floating(insn, name, operands)
    elif name in _MULTIPLE or _is_single_access(name):
        parts = _memory(insn, name, operands)
    elif name in _BRANCHES or name in ("tbb", "tbh"):
        parts = _branch(name, operands)
    else:
        parts = _arithmetic(insn, name, operands)
    if conditional and parts["kind"] not in (Kind.BRANCH, Kind.NOP):
        # A skipped instruction leaves its results as they were, so it waits for them too.
        keep = tuple(Source(register, Role.PLAIN) for register in parts.get("results", ()) if register != PC)
        parts["sources"] = (*parts.get("sources", ()), Source(FLAGS, Role.PLAIN), *keep)
    parts.setdefault("sources", ())
    parts.setdefault("results", ())
    return Instruction(address=insn.address, size_bytes=insn.size, name=name, conditional=conditional, **parts)


def _name(insn: Any) -> str:
    """Return the mnemonic without condition, width and data type, where capstone has another name for it."""
    mnemonic: str = insn.mnemonic
    for wide in ("movw", "addw", "subw"):
        if mnemonic.startswith(wide):
            return wide
    name: str = insn.insn_name()
    if name == "hint":
        return mnemonic.removesuffix(".w")
    return {"fmstat": "vmrs", "fconsts": "vmov", "fconstd": "vmov"}.get(name, name)


def _register(number: int) -> int:
    if arm.ARM_REG_R0 <= number <= arm.ARM_REG_R12:
        return int(number - arm.ARM_REG_R0)
    if arm.ARM_REG_S0 <= number <= arm.ARM_REG_S31:
        return int(S0 + number - arm.ARM_REG_S0)
    if arm.ARM_REG_D0 <= number <= arm.ARM_REG_D15:
        return int(S0 + 2 * (number - arm.ARM_REG_D0))
    special = {arm.ARM_REG_SP: SP, arm.ARM_REG_LR: 14, arm.ARM_REG_PC: PC, arm.ARM_REG_FPSCR: FP_FLAGS}
    return special.get(number, FLAGS)


def _registers(operand: Any) -> tuple[int, ...]:
    """Return the register of an operand, both halves of a double."""
    first = _register(operand.reg)
    if arm.ARM_REG_D0 <= operand.reg <= arm.ARM_REG_D15:
        return (first, first + 1)
    return (first,)


def _sources(operands: list[Any], role: Role = Role.PLAIN) -> tuple[Source, ...]:
    return tuple(
        Source(register, Role.SHIFTED if operand.shift.type and role is Role.PLAIN else role)
        for operand in operands
        if operand.type == arm.ARM_OP_REG
        for register in _registers(operand)
    )


def _constant(operands: list[Any]) -> int | None:
    constants = [operand.imm for operand in operands if operand.type == arm.ARM_OP_IMM]
    return int(constants[-1]) if constants else None


def _needs_shifter(name: str, constant: int | None) -> bool:
    """Return whether a constant is an 8-bit value shifted into place (not a plain, 12-bit or repeated pattern)."""
    if constant is None or name in ("movw", "movt", "addw", "subw", "adr"):
        return False
    value = constant & 0xFFFFFFFF
    low = value & 0xFF
    patterns = (low, low * 0x00010001, (value >> 8 & 0xFF) * 0x01000100, low * 0x01010101)
    return value not in patterns


def _arithmetic(insn: Any, name: str, operands: list[Any]) -> dict[str, Any]:
    flags = (FLAGS,) if insn.update_flags else ()
    constant = _constant(operands[1:])
    if name in _COMPARES:
        wide = _needs_shifter(name, constant)
        return {"kind": Kind.ALU, "sources": _sources(operands), "results": (FLAGS,), "wide_constant": wide}
    if name in _SHIFTS:
        return {"kind": Kind.SHIFT, "sources": _sources(operands[-2:]), "results": (*_registers(operands[0]), *flags)}
    if name in _ALU or name in _MOVES or name == "movt":
        # ADDS r0, r1 of the short form has two operands and reads both.
        read = operands if (len(operands) == 2 and name in _ALU - {"adr"}) or name == "movt" else operands[1:]
        carry = (Source(FLAGS, Role.PLAIN),) if name in ("adc", "sbc") else ()
        wide = _needs_shifter(name, constant)
        return {
            "kind": Kind.MOVE if name in _MOVES else Kind.ALU,
            "sources": _sources(read) + carry,
            "results": (*_registers(operands[0]), *flags),
            "immediate": constant,
            "wide_constant": wide,
        }
    if name in _DIVIDES:
        return {"kind": Kind.DIVIDE, "sources": _sources(operands[-2:]), "results": _registers(operands[0])}
    if name.startswith(("mul", "mla", "mls", "sm", "um")):
        return _multiplication(name, operands, flags)
    extended = _extension(name, operands)
    if extended is not None:
        return extended
    if name in ("nop", "it", "pld", "yield"):
        return {"kind": Kind.NOP}
    results = tuple(_register(operand.reg) for operand in operands[:1] if operand.type == arm.ARM_OP_REG)
    return {"kind": Kind.SYSTEM, "sources": _sources(operands[1:]), "results": results}


def _extension(name: str, operands: list[Any]) -> dict[str, Any] | None:
    """Return the parts of a DSP or bit-field operation, None if it is none."""
    if name in _EXTRACTS:
        sources = _sources(operands[1:], Role.SHIFTED)
    elif name in _EXTRACTS_LAST:
        registers = [operand for operand in operands if operand.type == arm.ARM_OP_REG]
        plain = registers[:1] if name == "bfi" else registers[1:-1]
        role = Role.SHIFTED if name == "pkhtb" else Role.PLAIN
        sources = _sources(plain, role) + _sources(registers[-1:], Role.SHIFTED)
    elif name in _EXTENDS or name in _PARALLEL or name in _SATURATING:
        # Rotation within SXTB16 and its like costs no early read (docs/timing.md).
        registers = operands if name == "bfc" else operands[1:]
        sources = tuple(Source(source.register, Role.PLAIN) for source in _sources(registers))
    else:
        return None
    return {"kind": Kind.EXTEND, "sources": sources, "results": _registers(operands[0])}


def _multiplication(name: str, operands: list[Any], flags: tuple[int, ...]) -> dict[str, Any]:
    if name.startswith(_LONG):
        results = operands[:2]
        multiplied, accumulated = operands[2:], [] if name in ("smull", "umull") else results
    else:
        results = operands[:1]
        multiplied, accumulated = operands[1:3], operands[3:]
        if len(operands) == 2:  # MULS r0, r1
            multiplied = operands
    return {
        "kind": Kind.MULTIPLY,
        "sources": _sources(multiplied, Role.MULTIPLIED) + _sources(accumulated, Role.ACCUMULATED),
        "results": (*(_register(operand.reg) for operand in results), *flags),
    }


def _is_single_access(name: str) -> bool:
    return name[:3] in ("ldr", "str") and name[3:] in _SIZES


def _memory(insn: Any, name: str, operands: list[Any]) -> dict[str, Any]:
    if name in _MULTIPLE:
        return _multiple(insn, name, operands)
    data = [operand for operand in operands if operand.type == arm.ARM_OP_REG]
    memory = next(operand for operand in operands if operand.type == arm.ARM_OP_MEM)
    store = name.startswith("str")
    status = data[:1] if name.startswith("strex") else []
    data = data[len(status) :]
    access = _single_access(insn, memory, operands, _SIZES[name[3:]], store, len(data))
    sources = _address_sources(access) + (_sources(data, Role.STORED) if store else ())
    kind = _access_kind(store, multiple=name in ("ldrd", "strd"))
    results = tuple(_register(operand.reg) for operand in (status if store else data))
    return {"kind": kind, "sources": sources, "results": results, "access": access}


def _single_access(insn: Any, memory: Any, operands: list[Any], size: int, store: bool, words: int) -> Access:
    index = _register(memory.mem.index) if memory.mem.index else None
    offset = int(memory.mem.disp)
    writeback = 0
    if insn.writeback:
        post = _constant(operands)  # the constant is an operand of its own when it is added afterwards
        writeback = offset if post is None else post
    return Access(
        base=_register(memory.mem.base),
        index=index,
        shift=int(memory.shift.value) if index is not None else 0,
        offset_bytes=offset,
        size_bytes=size,
        words=words,
        store=store,
        writeback_bytes=writeback,
    )


def _address_sources(access: Access) -> tuple[Source, ...]:
    registers = (access.base,) if access.index is None else (access.base, access.index)
    return tuple(Source(register, Role.ADDRESS) for register in registers if register != PC)


def _multiple(insn: Any, name: str, operands: list[Any]) -> dict[str, Any]:
    """LDM, STM, PUSH, POP and their floating-point forms."""
    stack = name.endswith(("push", "pop"))
    base = SP if stack else _register(operands[0].reg)
    moved = operands if stack else operands[1:]
    registers = tuple(register for operand in moved for register in _registers(operand))
    size = 4 * len(registers)
    down = name.endswith(("db", "push"))
    store = "st" in name or name.endswith("push")
    change = (-size if down else size) if stack or insn.writeback else 0
    access = Access(base, None, 0, -size if down else 0, size, len(registers), store, change)
    sources = _address_sources(access)
    if store:
        sources += tuple(Source(register, Role.STORED) for register in registers)
    kind = _access_kind(store, multiple=True)
    return {"kind": kind, "sources": sources, "results": () if store else registers, "access": access}


def _branch(name: str, operands: list[Any]) -> dict[str, Any]:
    if name in ("tbb", "tbh"):
        memory = operands[0].mem
        table = tuple(Source(_register(number), Role.ADDRESS) for number in (memory.base, memory.index))
        return {"kind": Kind.TABLE_BRANCH, "sources": table, "results": (PC,)}
    sources = _sources(operands)
    results = (14, PC) if name in ("bl", "blx") else (PC,)
    target = _constant(operands)
    # A conditional branch is predicted, so it does not wait for the flags.
    return {"kind": Kind.BRANCH, "sources": sources, "results": results, "immediate": target}


def _floating(insn: Any, name: str, operands: list[Any]) -> dict[str, Any]:
    if name in _FP_MULTIPLE:
        return _multiple(insn, name, operands)
    if name in ("vldr", "vstr"):
        return _floating_access(insn, name, operands)
    if name in ("vmrs", "vmsr"):
        read, written = (FP_FLAGS, FLAGS) if name == "vmrs" else (_register(operands[-1].reg), FP_FLAGS)
        return {"kind": Kind.FP_STATUS, "sources": (Source(read, Role.PLAIN),), "results": (written,)}
    if name in ("vcmp", "vcmpe"):
        return {"kind": Kind.FP_ADD, "sources": _sources(operands), "results": (FP_FLAGS,)}
    if name == "vmov":
        return _floating_move(operands)
    double = ".f64" in insn.mnemonic
    results = _registers(operands[0])
    if name in _FP_MACS:
        sources = _sources(operands[1:], Role.MULTIPLIED) + _sources(operands[:1], Role.ACCUMULATED)
        return {"kind": Kind.FP_DOUBLE if double else Kind.FP_MAC, "sources": sources, "results": results}
    kinds = {"vmul": Kind.FP_MULTIPLY, "vnmul": Kind.FP_MULTIPLY, "vdiv": Kind.FP_DIVIDE, "vsqrt": Kind.FP_SQRT}
    kind = Kind.FP_DOUBLE if double else kinds.get(name, Kind.FP_ADD)
    flags = (Source(FLAGS, Role.PLAIN),) if name.startswith("vsel") else ()
    return {"kind": kind, "sources": _sources(operands[1:]) + flags, "results": results}


def _floating_access(insn: Any, name: str, operands: list[Any]) -> dict[str, Any]:
    registers = _registers(operands[0])
    store = name == "vstr"
    access = _single_access(insn, operands[1], operands, 4 * len(registers), store, len(registers))
    sources = _address_sources(access)
    if store:
        sources += tuple(Source(register, Role.STORED) for register in registers)
    kind = _access_kind(store, multiple=len(registers) == 2)
    return {"kind": kind, "sources": sources, "results": () if store else registers, "access": access}


def _access_kind(store: bool, multiple: bool) -> Kind:
    if multiple:
        return Kind.STORE_MULTIPLE if store else Kind.LOAD_MULTIPLE
    return Kind.STORE if store else Kind.LOAD


def _floating_move(operands: list[Any]) -> dict[str, Any]:
    """VMOV between any two kinds of registers; with three or four operands, a double and two core registers."""
    registers = [operand for operand in operands if operand.type == arm.ARM_OP_REG]
    if len(registers) == 3 and _register(registers[0].reg) < S0:
        results, read = registers[:2], registers[2:]
    else:
        results, read = registers[:1], registers[1:]
    written = tuple(register for operand in results for register in _registers(operand))
    return {"kind": Kind.FP_MOVE, "sources": _sources(read), "results": written}
