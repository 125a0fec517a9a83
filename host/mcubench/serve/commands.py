"""Text commands, section 2 of docs/protocol.md, seen from a board: one function per verb, in a table.

A function gets the words after the verb and returns the lines of its answer, the final one last.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mcubench.protocol.text import add_trailer, split_trailer
from mcubench.serve import answers
from mcubench.serve.answers import line
from mcubench.serve.engine import EngineError
from mcubench.serve.state import BoardState
from mcubench.serve.timing import time_runs

__all__ = ["execute"]

# More than any command takes; what is left of a longer line stays in the last word.
MOST_WORDS = 16
MOST_RUNS = 1000
# The length field of a RESULT frame has 16 bits; 32 of its bytes are not the output tensor's.
MOST_OUTPUT_BYTES = 0xFFFF - 32


class _Error(Exception):
    """A command that cannot be carried out; the final line says so."""

    def __init__(self, code: str, **words: str | int) -> None:
        super().__init__(line(f"error {code}", **words))


class _WordError(Exception):
    """A word that was not understood, empty if one is missing."""


@dataclass(frozen=True)
class _Command:
    usage: str
    most_words: int
    run: Callable[[BoardState, list[str]], list[str]]


def execute(state: BoardState, text: str, arrival: int) -> list[str]:
    """Carry out one line, which came when the counter was `arrival`; return the answer, none to an empty line."""
    seq = None
    _, space, last = text.rpartition(" ")
    if space and last.startswith("#"):  # a trailer, however damaged the rest of it is
        numbered = split_trailer(text)
        if numbered is None:
            return ["error crc"]
        text, seq = numbered
    verb, *words = text.split(maxsplit=MOST_WORDS - 1) or [""]
    if not verb and seq is None:
        return []
    state.arrival = arrival
    lines = _dispatch(state, verb, words)
    return lines if seq is None else [add_trailer(each, seq) for each in lines]


def _dispatch(state: BoardState, verb: str, words: list[str]) -> list[str]:
    command = COMMANDS.get(verb)
    if command is None:
        return [line("error unknown-command", word=verb)]
    try:
        if len(words) > command.most_words:
            raise _WordError(words[command.most_words])
        return command.run(state, words)
    except _WordError as exc:
        return [line("error bad-argument", word=str(exc), usage=command.usage)]
    except EngineError as exc:
        return [line("error engine", status=int(exc.status))]
    except _Error as exc:
        return [str(exc)]


def _help(_state: BoardState, _words: Sequence[str]) -> list[str]:
    return [*(line("command", name=verb, usage=command.usage) for verb, command in COMMANDS.items()), "ok"]


def _info(state: BoardState, _words: Sequence[str]) -> list[str]:
    return answers.info(state)


def _models(state: BoardState, _words: Sequence[str]) -> list[str]:
    return answers.models(state)


def _model(state: BoardState, words: Sequence[str]) -> list[str]:
    index = _find_model(state, _first(words))
    arena_bytes = _parse_arena(words[1]) if len(words) > 1 else None
    if state.image.networks[index].output_bytes > MOST_OUTPUT_BYTES:
        raise _Error("refused", reason="output too large")
    state.select(index, arena_bytes)
    return [answers.model("ok", state, index)]


def _find_model(state: BoardState, word: str) -> int:
    """Return the index of a model; a name comes before an index, because a model may be called "1"."""
    names = [network.name for network in state.image.networks]
    if word in names:
        return names.index(word)
    index = _parse_number(word)
    if index >= len(names):
        raise _WordError(word)
    return index


def _parse_arena(word: str) -> int:
    key, _, value = word.partition("=")
    if key != "arena" or not re.fullmatch("[0-9]+", value) or not 0 < int(value) <= 0xFFFF_FFFF:
        raise _WordError(word)
    return int(value)


def _clocks(state: BoardState, _words: Sequence[str]) -> list[str]:
    return answers.clocks(state)


def _clock(state: BoardState, words: Sequence[str]) -> list[str]:
    platform = state.image.platform
    name = _first(words)
    if name not in (each.name for each in platform.clocks):
        raise _WordError(name)
    options = {}
    for word in words[1:]:
        key = word.partition("=")[0]
        if key not in ("overclock", *platform.options):
            raise _WordError(word)
        options[key] = _parse_flag(key, word)
    options.pop("overclock", None)
    platform.set_clock(name, options)
    return answers.clock(state)


def _mark(state: BoardState, words: Sequence[str]) -> list[str]:
    state.mark = _parse_u32(_first(words))
    return [line("ok", mark=state.mark)]


def _baud(_state: BoardState, words: Sequence[str]) -> list[str]:
    _parse_u32(_first(words))
    raise _Error("refused", reason="the line cannot be that fast or that slow")


def _tick(state: BoardState, _words: Sequence[str]) -> list[str]:
    return [line("ok", cycles=state.arrival, hz=state.image.platform.clock.hz)]


def _run(state: BoardState, words: Sequence[str]) -> list[str]:
    count = _parse_number(_first(words))
    if not 1 <= count <= MOST_RUNS:
        raise _WordError(words[0])
    cold = len(words) > 1 and _parse_flag("cold", words[1])
    session = state.session
    if session is None:
        raise _Error("no-model")
    runs = time_runs(session, state.image.platform, count, cold, state.overhead_cycles)
    if runs is None:
        raise _Error("counter-stuck")
    return answers.run(state, session.network.name, cold, runs)


def _layers(state: BoardState, _words: Sequence[str]) -> list[str]:
    if state.session is None:
        raise _Error("no-model")
    times = state.time_layers(state.session)
    if times is None:
        raise _Error("refused", reason="this engine does not time its layers")
    return answers.layers(times)


def _reset(state: BoardState, _words: Sequence[str]) -> list[str]:
    state.reset_wanted = True
    return ["ok"]


def _first(words: Sequence[str]) -> str:
    if not words:
        raise _WordError("")
    return words[0]


def _parse_number(word: str) -> int:
    if not re.fullmatch("[0-9]+", word):
        raise _WordError(word)
    return int(word)


def _parse_u32(word: str) -> int:
    number = _parse_number(word)
    if number > 0xFFFF_FFFF:
        raise _WordError(word)
    return number


def _parse_flag(key: str, word: str) -> bool:
    if word not in (f"{key}=0", f"{key}=1"):
        raise _WordError(word)
    return word.endswith("1")


COMMANDS = {
    "help": _Command("help", 0, _help),
    "info": _Command("info", 0, _info),
    "models": _Command("models", 0, _models),
    "model": _Command("model <index|name> [arena=<bytes>]", 2, _model),
    "clocks": _Command("clocks", 0, _clocks),
    "clock": _Command("clock <name> [<option>=0|1 ...] [overclock=1]", MOST_WORDS, _clock),
    "mark": _Command("mark <n>", 1, _mark),
    "baud": _Command("baud <rate>", 1, _baud),
    "tick": _Command("tick", 0, _tick),
    "run": _Command("run <n> [cold=1]", 2, _run),
    "layers": _Command("layers", 0, _layers),
    "reset": _Command("reset", 0, _reset),
}
