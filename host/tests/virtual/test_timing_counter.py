"""The running count: exact where firmware reads it, whatever stops the emulator, and the same every time."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from timing_rig import ALL_ON, CYCCNT, FLASH, PPB, SRAM, Rig, assemble, compile_c
from unicorn import UC_ARCH_ARM, UC_MODE_THUMB, Uc

from mcubench.errors import RigError
from mcubench.virtual.timing import CORTEX_M4, CORTEX_M7, CoreModel, CycleCounter, MemoryState, engine
from mcubench.virtual.timing.blocks import BlockBook
from mcubench.virtual.timing.tables import Tables

MATRIX = """
    #include <stdint.h>
    static int32_t result[256];
    static void multiply(int32_t seed);
    void _start(int32_t seed) { multiply(seed); }
    static const int8_t left[4096] = {3, -1, 4}, right[4096] = {-1, 5, 9};
    __attribute__((noinline)) static int32_t clamp(int32_t value) { return value > 1000 ? 1000 : value; }
    static void multiply(int32_t seed) {
        for (int32_t row = 0; row < 16; row++)
            for (int32_t column = 0; column < 16; column++) {
                int32_t sum = seed;
                for (int32_t k = 0; k < 64; k++) sum += left[row * 64 + k] * right[column * 64 + k];
                result[row * 16 + column] = clamp(sum);
            }
    }
"""


@functools.cache
def matrix_code() -> bytes:
    return compile_c(MATRIX)


class Device:
    """Serves CYCCNT from the counter, and stops the machine while it serves read number `stop_at_read`."""

    def __init__(self, rig: Rig, stop_at_read: int = 0) -> None:
        self.reads: list[int] = []
        self._stop_at_read = stop_at_read
        self._rig = rig
        rig.uc.mmio_map(PPB, 0x100000, self._read, None, None, None)

    def _read(self, _uc: Uc, offset: int, _size: int, _data: object) -> int:
        self.reads.append(self._rig.counter.cycles_at(PPB + offset))
        if len(self.reads) == self._stop_at_read:
            self._rig.counter.stop_after(0)
        return self.reads[-1] & 0xFFFFFFFF


def test_cyccnt_reads_in_one_block_differ_by_what_lies_between_them() -> None:
    rig = Rig(assemble("ldr r0, [r4]\nldr r1, [r4]\n" + "add.w r2, r2, r3\n" * 10 + "ldr r5, [r4]\nadd r2, r3"))
    device = Device(rig)
    rig.run({"r4": CYCCNT})
    first, second, third = device.reads
    assert second - first == 1
    assert 9 <= third - second <= 10  # the first addition issues together with the second read
    assert rig.counter.cycles > third


def test_cyccnt_may_be_read_through_the_register_that_the_read_overwrites() -> None:
    rig = Rig(assemble("movw r3, #0x1000\nmovt r3, #0xe000\nldr r3, [r3, #4]\n" + "eor.w r2, r2, r1\n" * 6))
    device = Device(rig)
    total = rig.run()
    assert 5 <= total - device.reads[0] <= 6


def test_stopping_from_a_device_access_neither_repeats_it_nor_counts_twice() -> None:
    code = assemble("1: ldr r0, [r4]\nadd.w r2, r2, r3\nldr r1, [r4]\nsubs r5, #1\nbne 1b")
    whole, parted = Rig(code), Rig(code)
    undisturbed, device = Device(whole), Device(parted, stop_at_read=7)
    whole.run({"r4": CYCCNT, "r5": 20})
    parted.prepare({"r4": CYCCNT, "r5": 20})
    assert not parted.resume()
    assert len(device.reads) == 8  # the block went on to its end
    parted.counter.stop_after(None)
    assert parted.resume()
    assert device.reads == undisturbed.reads
    assert parted.counter.statistics() == whole.counter.statistics()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 20_000), max_size=40))
def test_running_in_slices_gives_the_same_count(slices: list[int]) -> None:
    whole, parted = Rig(matrix_code()), Rig(matrix_code())
    whole.run({"r0": 1})
    parted.prepare({"r0": 1})
    arrived = False
    for cycles in [*slices, 10_000_000]:
        if not arrived:
            parted.counter.stop_after(parted.counter.cycles + cycles)
            arrived = parted.resume()
    assert arrived
    assert parted.counter.statistics() == whole.counter.statistics()


def test_stop_comes_at_the_first_block_after_the_moment() -> None:
    rig = Rig(assemble("1: adds r0, #1\nb 1b"))
    rig.prepare({"r0": 0})
    rig.counter.stop_after(1000)
    assert not rig.resume()
    assert 1000 <= rig.counter.cycles < 1020


def window_cycles(rig: Rig, seed: int) -> int:
    rig.counter.window(True)
    rig.run({"r0": seed})
    rig.counter.window(False)
    assert rig.counter.last_window is not None
    return rig.counter.last_window.cycles


def test_two_boards_count_the_same() -> None:
    assert [window_cycles(Rig(matrix_code()), 5) for _board in range(2)] == [window_cycles(Rig(matrix_code()), 5)] * 2


def test_earlier_runs_change_a_repeated_window_only_until_it_has_run_twice() -> None:
    fresh, used = Rig(matrix_code()), Rig(matrix_code())
    for seed in (900, -700, 3):
        window_cycles(used, seed)
    used.counter.caches_flushed(True, True)
    expected = [window_cycles(fresh, 5) for _run in range(4)]
    after_others = [window_cycles(used, 5) for _run in range(4)]
    assert after_others[2:] == expected[2:] == [expected[2]] * 2
    assert after_others[0] == pytest.approx(expected[0], rel=0.01)


def test_mispredictions_cost_what_the_core_says() -> None:
    """A branch that alternates is wrong every second time with two bits of history; one never taken is never wrong."""
    cycles, wrong = [], []
    for pattern in ("eors r1, r2", "movs r1, #0"):
        rig = Rig(assemble(f"1: {pattern}\ncmp r1, #0\nbne 2f\nnop.w\nnop.w\n2: subs r0, #1\nbne 1b"))
        rig.run({"r0": 10, "r1": 0, "r2": 1})
        before = rig.counter.statistics()
        rig.run({"r0": 1000, "r1": 0, "r2": 1})
        passed = rig.counter.statistics().since(before)
        cycles.append(passed.cycles - CORTEX_M7.mispredict_cycles * passed.mispredictions)
        wrong.append(passed.mispredictions)
    assert 450 <= wrong[0] <= 1000
    assert wrong[1] <= 2
    assert cycles[0] == pytest.approx(cycles[1], rel=0.25)


DOT_PRODUCT = """
    .balign 4
    1: ldr r3, [r1], #4
    ldr r4, [r2], #4
    sxtb16 r5, r3
    sxtb16 r6, r4
    sxtb16 r3, r3, ror #8
    sxtb16 r4, r4, ror #8
    smlad r0, r5, r6, r0
    smlad r0, r3, r4, r0
    subs r7, #1
    bne 1b
    str r0, [r2]
"""


@pytest.mark.parametrize(
    ("core", "model_id", "cycles"),
    [(CORTEX_M7, "m7-1", 10283), (CORTEX_M4, "m4-1", 19025)],
    ids=["cortex-m7", "cortex-m4"],
)
def test_figures_of_a_model_id_stay_what_they_are(core: CoreModel, model_id: str, cycles: int) -> None:
    """Who changes these has to change the id as well (docs/timing.md section 8)."""
    rig = Rig(assemble(DOT_PRODUCT), ALL_ON, core=core)
    assert core.model_id == model_id
    assert rig.run({"r0": 0, "r1": FLASH + 0x10000, "r2": SRAM, "r7": 1000}) == cycles


def test_idle_time_counts() -> None:
    rig = Rig(assemble("nop"))
    rig.counter.add_idle(1_000_000)
    assert rig.counter.cycles == 1_000_000


def test_statistics_count_instructions_and_blocks() -> None:
    rig = Rig(assemble("1: adds r1, #1\nadds r2, #1\nsubs r0, #1\nbne 1b\nnop"))
    rig.run({"r0": 100})
    statistics = rig.counter.statistics()
    assert (statistics.instructions, statistics.blocks) == (100 * 4 + 1, 101)


def test_full_tables_are_emptied_and_filled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Rig(matrix_code())
    whole.run({"r0": 1})
    asked = iter(range(1000))
    monkeypatch.setattr(Tables, "full", property(lambda _tables: next(asked) % 10 == 9))
    rig = Rig(matrix_code())
    rig.run({"r0": 1})
    assert next(asked) > 10
    assert rig.counter.statistics().instructions == whole.counter.statistics().instructions
    assert rig.counter.cycles == pytest.approx(whole.counter.cycles, rel=0.01)


def test_a_failure_while_pricing_surfaces_at_the_next_question(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_book: BlockBook, _address: int, _size: int) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(BlockBook, "learn_edge", fail)
    rig = Rig(assemble("nop"))
    rig.prepare()
    rig.resume()
    with pytest.raises(ZeroDivisionError):
        _ = rig.counter.cycles


def test_costs_follow_the_memory_state_at_run_time() -> None:
    rig = Rig(matrix_code())
    rig.run({"r0": 1})
    cached = rig.run({"r0": 1})
    rig.counter.configure(MemoryState(False, False, False, 7))
    uncached = rig.run({"r0": 1})
    rig.counter.configure(MemoryState(True, True, True, 0))
    rig.run({"r0": 1})
    assert rig.run({"r0": 1}) < cached < uncached


def test_engine_without_registers_to_be_found_is_a_rig_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_pointers", lambda _block: set())
    uc = Uc(UC_ARCH_ARM, UC_MODE_THUMB)
    with pytest.raises(RigError, match="Linux with /proc"):
        CycleCounter(uc, CORTEX_M7, [])


def read_only_copy(tmp_path: Path) -> Path:
    source = Path(engine.__file__).parents[2]
    copy = tmp_path / "site" / "mcubench"
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for folder in [copy, *(path for path in copy.rglob("*") if path.is_dir())]:
        folder.chmod(0o555)
    return copy.parent


@pytest.fixture
def run_read_only(tmp_path: Path) -> Callable[[dict[str, str]], str]:
    """Run the block hook's compilation from a package folder that cannot be written, with some environment."""
    site = read_only_copy(tmp_path)
    # A file where numba wants a folder stops root too, which permissions do not.
    for folder in site.rglob("timing"):
        folder.chmod(0o755)
        (folder / "__pycache__").touch()
        folder.chmod(0o555)
    program = (
        "from mcubench.virtual.timing.hook import compile_block_hook as c; import mcubench; print(c().address > 0)"
    )

    def run(environment: dict[str, str]) -> str:
        paths = {"PYTHONPATH": str(site), "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
        finished = subprocess.run(
            [sys.executable, "-c", program],
            env=paths | environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        return finished.stdout.strip()

    return run


def test_hook_compiles_from_a_read_only_package(run_read_only: Callable[[dict[str, str]], str], tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    assert run_read_only({"HOME": str(home)}) == "True"
    assert list(home.rglob("*.nbi")), "numba kept nothing in the user's cache folder"


def test_hook_compiles_where_nothing_can_be_written(
    run_read_only: Callable[[dict[str, str]], str], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    assert run_read_only({"HOME": str(tmp_path / "file"), "XDG_CACHE_HOME": str(tmp_path / "file")}) == "True"
