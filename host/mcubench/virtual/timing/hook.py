"""The native block hook: what happens at every basic block that the emulated core enters.

Compiled by numba to machine code and called by Unicorn without Python (DESIGN.md section 5: a Python callback per block
is a hundred times slower). Everything it knows is one array of 64-bit words, laid out here, that Python fills: rows of
blocks, of edges (a block and the one before it), of data accesses, of memory regions, and the tags of two caches.

Numba's on-disk cache looks at this file alone when it decides whether to compile again, so the layout, the constants
and all functions that the hook calls stay in it.
"""

from __future__ import annotations

import functools
from typing import Any

from numba import cfunc, njit, types
from numba.core import cgutils
from numba.extending import intrinsic

__all__ = ["BlockHook", "compile_block_hook"]

NEVER = (1 << 63) - 1

# Header words.
CYCLES, STOP, CURRENT, LEARN, EMU_STOP, TICK, ZERO = range(7)
ICACHE_ON, DCACHE_ON, ICACHE_SETS, ICACHE_WAYS, DCACHE_SETS, DCACHE_WAYS = range(7, 13)
MISPREDICTED, MISPREDICT_COST, ICACHE_MISSES, DCACHE_MISSES, FETCHED = range(13, 18)
ICACHE_LINE_BITS, DCACHE_LINE_BITS = range(18, 20)

# A region row. Costs are in CPU cycles: of a line fill for instructions and for loads, of one instruction fetch and
# of one data access that no cache serves.
REGION_TABLE, REGION_WORDS, REGION_ROWS = 64, 8, 32
R_START, R_END, R_CACHED, R_FILL_CODE, R_FILL_DATA, R_FETCH, R_ACCESS = range(7)
# The last row stands for every address that no region holds.

# Cache tags are line numbers (address >> line bits), -1 when empty; the word AGE further on is when the line was last
# used.
TAG_WORDS = 4096
ICACHE_TAGS = REGION_TABLE + REGION_WORDS * REGION_ROWS
DCACHE_TAGS = ICACHE_TAGS + TAG_WORDS
AGE = 2 * TAG_WORDS

# Where a line was last found in the data cache, by the low bits of its number.
HINT_TABLE = ICACHE_TAGS + 4 * TAG_WORDS
HINT_WORDS = 1024

# A block row. Successors 0 and 1 are found at once, further ones by walking the chain of edges.
BLOCK_TABLE = HINT_TABLE + HINT_WORDS
BLOCK_WORDS, BLOCK_ROWS = 20, 16384
(
    B_SIZE,
    B_INSTRUCTIONS,
    B_LINES,
    B_LINES_END,
    B_FETCHES,
    B_REGION,
    B_ENTRY_ACCESS,
    B_ENTRY_END,
    B_EXIT_ACCESS,
    B_EXIT_END,
    B_BRANCH,
    B_PREDICTOR,
    B_NEXT_0,
    B_EDGE_0,
    B_NEXT_1,
    B_EDGE_1,
    B_CHAIN,
) = range(17)
BRANCH_NONE, BRANCH_CONDITIONAL, BRANCH_INDIRECT = range(3)

EDGE_TABLE = BLOCK_TABLE + BLOCK_WORDS * BLOCK_ROWS
EDGE_WORDS, EDGE_ROWS = 6, 65536
E_ADDRESS, E_BLOCK, E_COST, E_COUNT, E_TAKEN, E_CHAIN = range(6)

# An access row: address = *REGISTER + (*INDEX << shift) + offset, where these point at an emulated register, or at the
# word ZERO of the header when there is none; bytes spanned less one.
ACCESS_TABLE = EDGE_TABLE + EDGE_WORDS * EDGE_ROWS
ACCESS_WORDS, ACCESS_ROWS = 8, 65536
A_REGISTER, A_INDEX, A_SHIFT, A_OFFSET, A_SPAN, A_STORE, A_COUNT, A_REGION = range(8)

# The cache lines of a block's instructions, each with the tag where it was last found.
LINE_TABLE = ACCESS_TABLE + ACCESS_WORDS * ACCESS_ROWS
LINE_WORDS, LINE_ROWS = 2, 65536
L_LINE, L_TAG = range(2)

WORDS = LINE_TABLE + LINE_WORDS * LINE_ROWS


@intrinsic
def _load_u32(_context: Any, address: Any) -> Any:  # noqa: ARG001  numba passes types here
    """Read the 32-bit word at an absolute address."""

    def codegen(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        pointer = builder.inttoptr(args[0], cgutils.int32_t.as_pointer())
        return builder.zext(builder.load(pointer), cgutils.intp_t)

    return types.int64(types.int64), codegen


@intrinsic
def _call(_context: Any, function: Any, first: Any, second: Any) -> Any:  # noqa: ARG001  as above
    """Call the C function `int64_t f(uint64_t, uint64_t)` at the absolute address `function`."""

    def codegen(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        word = cgutils.intp_t
        pointer = builder.inttoptr(args[0], cgutils.ir.FunctionType(word, [word, word]).as_pointer())
        return builder.call(pointer, [args[1], args[2]])

    return types.int64(types.int64, types.int64, types.int64), codegen


@njit
def _region(m: Any, row: int, address: int) -> Any:
    """Return the region row that holds `address`; `row` is the one that held it last time."""
    if m[row + R_START] <= address < m[row + R_END]:
        return row
    row = REGION_TABLE
    last = REGION_TABLE + REGION_WORDS * (REGION_ROWS - 1)
    while row < last and not m[row + R_START] <= address < m[row + R_END]:
        row += REGION_WORDS
    return row


@njit
def _find_or_fill(m: Any, tags: int, sets: int, ways: int, line: int) -> int:
    """Return where `line` is in a cache, having filled the least recently used way; negative if it was not there."""
    first = tags + (line & (sets - 1)) * ways
    victim = first
    for tag in range(first, first + ways):
        if m[tag] == line:
            m[tag + AGE] = m[TICK]
            return tag
        if m[tag + AGE] < m[victim + AGE]:
            victim = tag
    m[victim] = line
    m[victim + AGE] = m[TICK]
    return -victim


@njit
def _slow_access(m: Any, access: int, line: int, first: bool) -> Any:
    """Return what an access costs whose line is not where the hint says: stall cycles of a miss or of no cache.

    An access without cache is charged with its `first` line, whole.
    """
    address = line << m[DCACHE_LINE_BITS]
    region = _region(m, m[access + A_REGION], address)
    m[access + A_REGION] = region
    if not (m[DCACHE_ON] and m[region + R_CACHED]):
        return m[region + R_ACCESS] * m[access + A_COUNT] if first else 0
    tag = _find_or_fill(m, DCACHE_TAGS, m[DCACHE_SETS], m[DCACHE_WAYS], line)
    m[HINT_TABLE + (line & HINT_WORDS - 1)] = abs(tag)
    if tag > 0:
        return 0
    m[DCACHE_MISSES] += 1
    # A store that misses allocates its line behind the store buffer and stalls nobody.
    return 0 if m[access + A_STORE] else m[region + R_FILL_DATA]


@njit(forceinline=True)
def _accesses(m: Any, access: int, end: int) -> int:
    """Return the stall cycles of the data accesses in rows [access, end), with the registers as they are now."""
    stalls = 0
    tick = m[TICK]
    line_bits = m[DCACHE_LINE_BITS]
    while access < end:
        address = m[access + A_OFFSET] + _load_u32(m[access + A_REGISTER])
        address += _load_u32(m[access + A_INDEX]) << m[access + A_SHIFT]
        address &= 0xFFFFFFFF
        line = address >> line_bits
        last = (address + m[access + A_SPAN]) >> line_bits
        while line <= last:
            tick += 1
            tag = m[HINT_TABLE + (line & HINT_WORDS - 1)]
            if m[tag] == line:
                m[tag + AGE] = tick
            else:
                m[TICK] = tick
                stalls += _slow_access(m, access, line, line == address >> line_bits)
            line += 1
        access += ACCESS_WORDS
    m[TICK] = tick
    return stalls


@njit(forceinline=True)
def _fetch(m: Any, block: int) -> Any:
    """Return the stall cycles of fetching a block's instructions."""
    region = m[block + B_REGION]
    if not (m[ICACHE_ON] and m[region + R_CACHED]):
        return m[region + R_FETCH] * m[block + B_FETCHES]
    if m[FETCHED] == block:  # a loop of one block: all its lines are there, and they are the newest
        return 0
    m[FETCHED] = block
    stalls = 0
    tick = m[TICK]
    for row in range(m[block + B_LINES], m[block + B_LINES_END], LINE_WORDS):
        tick += 1
        tag, line = m[row + L_TAG], m[row + L_LINE]
        if m[tag] == line:
            m[tag + AGE] = tick
            continue
        m[TICK] = tick
        tag = _find_or_fill(m, ICACHE_TAGS, m[ICACHE_SETS], m[ICACHE_WAYS], line)
        m[row + L_TAG] = abs(tag)
        if tag < 0:
            m[ICACHE_MISSES] += 1
            stalls += m[region + R_FILL_CODE]
    m[TICK] = tick
    return stalls


@njit(forceinline=True)
def _mispredicted(m: Any, block: int, edge: int) -> bool:
    """Return whether the branch that ends `block` was mispredicted, and teach its predictor."""
    if m[block + B_BRANCH] == BRANCH_INDIRECT:  # the branch target cache remembers where it went last
        wrong = m[block + B_PREDICTOR] != m[edge + E_ADDRESS]
        m[block + B_PREDICTOR] = m[edge + E_ADDRESS]
        return bool(wrong)
    counter = m[block + B_PREDICTOR]  # two bits, saturating: 2 and 3 predict taken
    if m[edge + E_TAKEN]:
        m[block + B_PREDICTOR] = min(counter + 1, 3)
        return bool(counter < 2)
    m[block + B_PREDICTOR] = max(counter - 1, 0)
    return bool(counter >= 2)


@njit(forceinline=True)
def _edge(m: Any, before: int, address: int, size: int) -> Any:
    """Return the edge row from block `before` to `address`; an edge seen for the first time is priced by Python."""
    if m[before + B_NEXT_0] == address:
        edge = m[before + B_EDGE_0]
    elif m[before + B_NEXT_1] == address:
        edge = m[before + B_EDGE_1]
    else:
        edge = m[before + B_CHAIN]
        while edge and m[edge + E_ADDRESS] != address:
            edge = m[edge + E_CHAIN]
    # Unicorn may translate a block again with another end, when code near it was translated in between.
    if edge == 0 or m[m[edge + E_BLOCK] + B_SIZE] != size:
        edge = _call(m[LEARN], address, size)
    return edge


def _on_block(uc: int, address: int, size: int, m: Any) -> None:
    """Charge the block that is about to run; `m` is the array of words, as a plain pointer."""
    if m[CYCLES] >= m[STOP]:
        # Unicorn stops before this block and reports it again on resume, so it is not charged now.
        _call(m[EMU_STOP], uc, 0)
        return
    before = m[CURRENT]
    stalls = _accesses(m, m[before + B_EXIT_ACCESS], m[before + B_EXIT_END])
    edge = _edge(m, before, address, size)
    block = m[edge + E_BLOCK]
    before = m[CURRENT]  # learning may have emptied the tables
    if m[before + B_BRANCH] != BRANCH_NONE and _mispredicted(m, before, edge):
        m[MISPREDICTED] += 1
        stalls += m[MISPREDICT_COST]
    stalls += _fetch(m, block)
    stalls += _accesses(m, m[block + B_ENTRY_ACCESS], m[block + B_ENTRY_END])
    m[edge + E_COUNT] += 1
    m[CYCLES] += m[edge + E_COST] + stalls
    m[CURRENT] = block


class BlockHook:
    """Machine code for Unicorn's `uc_cb_hookcode_t`."""

    def __init__(self, compiled: Any) -> None:
        self._compiled = compiled  # keeps the machine code alive
        self.address: int = compiled.address


@functools.cache
def compile_block_hook() -> BlockHook:
    """Return the hook, from numba's cache if this machine has compiled it before.

    Numba keeps its cache beside this file, or in the user's cache folder when the package is read-only.
    """
    # All signed: numba compares a signed with an unsigned number as floating-point numbers.
    signature = types.void(types.int64, types.int64, types.int32, types.CPointer(types.int64))
    try:
        return BlockHook(cfunc(signature, cache=True)(_on_block))
    except RuntimeError:  # numba found no folder it may write to: compile for this process alone
        return BlockHook(cfunc(signature)(_on_block))
