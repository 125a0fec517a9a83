"""The ladder: one thing after the other is tried until the board answers, each with a deadline, all of it noted."""

from __future__ import annotations

import contextlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence

from mcubench.boards import OpenBoard
from mcubench.deadline import Deadline
from mcubench.errors import DeadlineError, LinkError, ProtocolError, RestartedError, RigError
from mcubench.protocol import Board, BoardInfo
from mcubench.protocol.client import WAKE_UP
from mcubench.recovery.driver import ResetDriver
from mcubench.recovery.rung import RecoveryStep, Rung

__all__ = ["Ladder"]

log = logging.getLogger(__name__)

# Of hellos at the line's rate and at the one that the board boots with, besides what the board may be at.
HELLO_TIMEOUT_S = 5.0
# What it may be at: so much longer than expected, for a virtual board. Where nothing is expected no inference takes
# longer than its watchdog lets it; of one without a watchdog we take this to be the longest.
SLOWNESS = 4
LONGEST_WORK_S = 15.0
# From the first byte of `reset` to the first that may be sent at the boot rate: the answer is out by then.
RESET_PAUSE_S = 0.2
# A USB device is there again a second or two after it was plugged in or its board was reset.
REOPEN_TIMEOUT_S = 10.0
REOPEN_INTERVAL_S = 0.05
# A program's port goes away a moment before the program does.
LAST_BREATH_S = 0.1
# What the watchdog's clock may be slow, and the board's start.
WATCHDOG_SLACK_S = 5.0
# What a board keeps whatever happens to it.
IDENTITY = ("board", "uid", "engine", "build_id")
# What helped so often, and each time the board was lost again before anything was done, helps no more.
MOST_OF_A_RUNG = 3

# What only drivers do, from outside the line. The ladder's own soft reset and reset line are no drivers: they need the
# open link, which is known to be the board's, and go on over it; after a driver the port is looked for and opened anew.
FROM_OUTSIDE = (Rung.DEBUG_PROBE, Rung.POWER_CYCLE, Rung.BY_HAND)
LAST_RESORTS = (Rung.DEBUG_PROBE, Rung.WATCHDOG, Rung.POWER_CYCLE, Rung.BY_HAND)
# A line that is bad or a host out of step comes first: that costs nothing of what is under way.
DOES_NOT_ANSWER = (Rung.RESYNCHRONISE, Rung.SOFT_RESET, Rung.RESET_LINE, Rung.RE_OPEN, *LAST_RESORTS)
# Where there is no port there is nothing to talk over; a board that was only unplugged from us goes on computing.
PORT_IS_GONE = (Rung.RE_OPEN, Rung.SOFT_RESET, Rung.RESET_LINE, *LAST_RESORTS)
PROGRAM_HAS_ENDED = (Rung.POWER_CYCLE,)
# What opens the port: who answers there, if anybody, need not be our board.
OPENING = (Rung.RE_OPEN, Rung.WATCHDOG, Rung.POWER_CYCLE)

Way = tuple[Rung, ResetDriver | None]


class Ladder:
    """The rescuer of one board: give it to `Board`. `steps` is all that it did.

    `drivers` are what can reset the board from outside its line; `timeout_multiplier` stretches the waits for answers.
    `on_rung` is called with each rung before it is tried, and with None once the board is back.

    Who measures calls `note_progress` whenever something is done, so that a board that is lost again and again before
    that is given up.

    Nobody else's board is reset: a link stays open only while our board is known to be behind it, and drivers reset
    what they were made for.
    """

    def __init__(self, opened: OpenBoard, drivers: Sequence[ResetDriver] = (), timeout_multiplier: float = 1.0) -> None:
        self.steps: list[RecoveryStep] = []
        self.on_rung: Callable[[Rung | None], None] = lambda _: None
        self._opened = opened
        self._drivers = tuple(drivers)
        self._multiplier = timeout_multiplier
        self._helped: Counter[Rung] = Counter()
        self._met_another = False

    def note_progress(self) -> None:
        """Something was done: what helped before may help again."""
        self._helped.clear()

    def rescue(self, board: Board, error: RigError) -> BoardInfo:
        """Bring the board back to answering; a RigError says what was tried in vain."""
        if isinstance(error, RestartedError):
            raise error  # it answers already; what was under way is void
        return self._try_all(self._ways(self._rungs(error)), board, board.information, error)

    def wake(self, board: Board, error: RigError) -> BoardInfo:
        """Bring a board of a rig to its first answer, which did not come; a RigError says what was tried in vain.

        Only the rig file says so far whose port it is. What is silent there is taken for the board; if something else
        talks there, the port is left alone, and nobody is called: it may be the board, with other firmware.
        """
        if isinstance(error, LinkError):
            ways = self._ways((Rung.RE_OPEN, Rung.RESET_LINE, *FROM_OUTSIDE))
        elif isinstance(error, DeadlineError):
            ways = self._ways((Rung.RESET_LINE, *FROM_OUTSIDE))
        elif isinstance(error.__cause__, DeadlineError):  # bytes came, and no answer among them
            ways = self._ways((Rung.RESET_LINE, Rung.DEBUG_PROBE, Rung.POWER_CYCLE))
            ways = [(rung, driver) for rung, driver in ways if driver]
        else:
            raise error  # it did answer, and would again
        return self._try_all(ways, board, None, error)

    def _try_all(self, ways: Sequence[Way], board: Board, before: BoardInfo | None, error: RigError) -> BoardInfo:
        """Try one rung after the other until who was `before` answers; anybody if that is None."""
        why, tried = error, []
        self._met_another = False
        started_s = time.monotonic()
        for rung, driver in ways:
            if self._opened.ended:
                raise error
            if not driver and not self._applies(rung, before):
                continue
            if self._helped[rung] >= MOST_OF_A_RUNG:
                tried.append(f"{rung} ({MOST_OF_A_RUNG} times, each time it was lost again)")
                continue
            try:
                info = self._try(rung, driver, board, before, why, started_s)
            except RigError as exc:
                why = exc
                tried.append(f"{rung} ({_without_port(exc, board.port)})")
            else:
                if info:
                    self.on_rung(None)
                    self._helped[rung] += 1
                    return info
        in_vain = ", ".join(tried) or "nothing, as nothing here can reset it or switch its power"
        message = f"{_without_port(error, board.port)}; tried in vain: {in_vain}"
        if isinstance(error, LinkError):
            raise LinkError(board.port, message) from error
        raise RigError(f"{board.port}: {message}") from error

    def _rungs(self, error: RigError) -> tuple[Rung, ...]:
        if self._opened.child and isinstance(error, LinkError):
            self._opened.child.await_end(LAST_BREATH_S)
        if self._opened.has_died:
            return PROGRAM_HAS_ENDED
        return PORT_IS_GONE if isinstance(error, LinkError) else DOES_NOT_ANSWER

    def _ways(self, rungs: Sequence[Rung]) -> list[Way]:
        """Return what there is for each rung: the ladder itself, and drivers. A program has the power that we give."""
        ways: list[Way] = []
        for rung in rungs:
            is_program_start = rung is Rung.POWER_CYCLE and self._opened.child is not None
            if rung not in FROM_OUTSIDE or is_program_start:
                ways.append((rung, None))
            if not is_program_start:
                ways += [(rung, driver) for driver in self._drivers if driver.rung is rung]
        return ways

    def _applies(self, rung: Rung, before: BoardInfo | None) -> bool:
        """Tell whether the ladder itself can try a rung at all with this board, as things are now."""
        if rung is Rung.POWER_CYCLE:
            return True
        if rung is Rung.RE_OPEN:
            return not self._opened.has_died
        if rung is Rung.WATCHDOG:
            has_one = before is not None and before.watchdog_ms is not None
            return has_one and not self._can_cycle_power and not self._met_another
        return self._opened.is_open and not self._opened.has_died

    @property
    def _can_cycle_power(self) -> bool:
        """Whether the power can be cycled without a person, which is sooner than the watchdog."""
        return self._opened.child is not None or any(each.rung is Rung.POWER_CYCLE for each in self._drivers)

    def _try(
        self,
        rung: Rung,
        driver: ResetDriver | None,
        board: Board,
        before: BoardInfo | None,
        why: RigError,
        rescue_started_s: float,
    ) -> BoardInfo | None:
        """Try a rung and note it; return who answers then, None if the board has nothing of the kind.

        RigError if nobody answers, or somebody else.
        """
        self.on_rung(rung)
        log.info("recovery of %s: %s, because %s", board.port, rung, why)
        start_s = time.monotonic()
        info, trouble = None, None
        try:
            if driver:
                info = self._reset_by(driver, board, before)
            else:
                info = self._climb(rung, board, before, rescue_started_s)
            if info and before:
                self._check_same(board, before, info)
        except RigError as exc:
            trouble = exc
            if driver or rung in OPENING or self._met_another:
                self._opened.let_go()
        if info is None and trouble is None:
            return None
        took_s = round(time.monotonic() - start_s, 3)
        self.steps.append(RecoveryStep(rung, str(why), trouble is None, took_s))
        log.info("recovery of %s: %s after %.3f s", board.port, trouble or "it answers", took_s)
        if trouble:
            raise trouble
        return info

    def _climb(self, rung: Rung, board: Board, before: BoardInfo | None, rescue_started_s: float) -> BoardInfo | None:
        if rung is Rung.RESYNCHRONISE:
            return _hello(board, self._patience_s(board, before))
        if rung is Rung.RE_OPEN:
            return self._re_open(board, self._patience_s(board, before))
        if rung is Rung.SOFT_RESET:
            return self._soft_reset(board)
        if rung is Rung.RESET_LINE:
            return self._pull_reset_line(board)
        if rung is Rung.WATCHDOG:
            return self._await_watchdog(board, before, rescue_started_s)
        return self._restart(board)

    def _reset_by(self, driver: ResetDriver, board: Board, before: BoardInfo | None) -> BoardInfo:
        """Let a driver do it, with the port closed: a USB device whose port is open comes back under another name."""
        self._opened.let_go()
        driver.reset(board.port, before.board if before else self._opened.address.expected_board or "")
        return self._re_open(board, self._hello_timeout_s)

    def _re_open(self, board: Board, hello_timeout_s: float) -> BoardInfo:
        """Close the port and open it as soon as it is there."""
        deadline = Deadline.after(REOPEN_TIMEOUT_S)
        while True:
            if self._opened.has_died:
                raise RigError(f"{board.port}: the program that is the board has ended")
            try:
                board.use_link(self._opened.reopen())
                return _hello(board, hello_timeout_s)
            except LinkError:
                if deadline.expired:
                    raise
            time.sleep(REOPEN_INTERVAL_S)

    def _soft_reset(self, board: Board) -> BoardInfo:
        """Ask for a reset without waiting for an answer: it may be the answers that do not come."""
        board.channel.send_bytes(WAKE_UP)
        board.channel.send_text("reset")
        time.sleep(RESET_PAUSE_S)
        self._to_boot_rate(board)
        return _hello(board, self._hello_timeout_s)

    def _pull_reset_line(self, board: Board) -> BoardInfo | None:
        if not self._opened.pulse_reset():
            return None
        self._to_boot_rate(board)
        return _hello(board, self._hello_timeout_s)

    def _await_watchdog(self, board: Board, before: BoardInfo | None, rescue_started_s: float) -> BoardInfo:
        """Wait until the board would have reset itself, counted from when it was first found silent; then say hello.

        Until then nothing is sent: the port was closed, and there may be another board.
        """
        assert before is not None and before.watchdog_ms is not None
        self._opened.let_go()
        at_s = rescue_started_s + before.watchdog_ms / 1000 + WATCHDOG_SLACK_S
        time.sleep(max(0.0, at_s - time.monotonic()))
        return self._re_open(board, self._hello_timeout_s)

    def _restart(self, board: Board) -> BoardInfo:
        """Start the program that is the board anew."""
        with contextlib.suppress(LinkError):  # the program runs; its cable may be pulled still
            board.use_link(self._opened.restart())
            return _hello(board, self._hello_timeout_s)
        return self._re_open(board, self._hello_timeout_s)

    def _check_same(self, board: Board, before: BoardInfo, info: BoardInfo) -> None:
        """RigError if it is another board, another image, or a board that somebody else has taken that answers now."""
        different = [what for what in IDENTITY if getattr(info, what) != getattr(before, what)]
        self._met_another = bool(different) or info.mark not in (0, board.mark)
        if different:
            what = different[0]
            raise RigError(f"{board.port}: another board answers, its {what} is {getattr(info, what)}")
        if self._met_another:
            raise RigError(f"{board.port}: another board answers, or another host has taken it: its mark is not ours")

    @property
    def _hello_timeout_s(self) -> float:
        return HELLO_TIMEOUT_S * self._multiplier

    def _patience_s(self, board: Board, before: BoardInfo | None) -> float:
        """Return how long a board in order may be silent at most: while it computes it answers nothing."""
        if before is None or board.work_s is None:
            return self._hello_timeout_s
        longest_s = before.watchdog_ms / 1000 if before.watchdog_ms else LONGEST_WORK_S
        return self._hello_timeout_s + (SLOWNESS * board.work_s or longest_s)

    def _to_boot_rate(self, board: Board) -> None:
        if board.link.has_rate and board.link.baud != board.boot_baud:
            board.link.set_baud(board.boot_baud)


def _hello(board: Board, timeout_s: float) -> BoardInfo:
    try:
        return board.connect(timeout_s)
    except (DeadlineError, ProtocolError) as exc:
        raise RigError(f"no answer within {timeout_s:.1f} s") from exc


def _without_port(error: RigError, port: str) -> str:
    """Return what an error says, without the port's name, which stands at the beginning of the whole message."""
    return str(error).removeprefix(f"{getattr(error, 'port', port)}: ").removeprefix(f"{port}: ")
