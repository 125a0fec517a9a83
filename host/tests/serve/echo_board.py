"""A program: the Python board with a test double of an engine, whose models are those of firmware/tests/engine_test.

`echo`: 8 bytes in, 4 out: output[i] = input[i] + 2 * input[i + 4] + 1; a first byte of 0xEE makes it fail, 0xDD makes
the first two inferences since power-on differ. `big`: 20000 bytes in, 600 out: output[i] = sum(input[i::600]).
`deep`: 8 bytes in, 3000 out, more than a board keeps: the input and zeros; fails as `echo` does; more layers than a
board can take. `broken` cannot be opened. `wide`: more output than a board can take.
"""

from __future__ import annotations

from collections.abc import Callable

from mcubench.cli.stop import StopSignals
from mcubench.outside import PtyOutside
from mcubench.serve import EngineError, EngineStatus, Image, Network, run_board

ARENA_BYTES = 32768
FAIL, UNSTABLE = 0xEE, 0xDD
# Name, input and output type and bytes, layers, bytes of arena.
MODELS = (
    ("echo", "uint8", 8, "uint8", 4, 2, 12),
    ("big", "int8", 20000, "int16", 600, 3, 20600),
    ("broken", "int32", 4, "float32", 4, 1, 8),
    ("wide", "int8", 4, "int8", 70000, 1, 8),
    ("deep", "int8", 8, "int8", 3000, 1000, 8),
)


class EchoModel:
    def __init__(self, compute: Callable[[bytes], bytes], arena_bytes: int) -> None:
        self.arena_bytes = arena_bytes
        self._compute = compute
        self._input = b""
        self._output = b""

    def set_input(self, data: bytes) -> None:
        self._input = data

    def invoke(self) -> None:
        self._output = self._compute(self._input)

    def output(self) -> bytes:
        return self._output


class EchoEngine:
    name = "test"
    version = "1"
    kernels = "reference kernels"
    flags = "none"

    def __init__(self) -> None:
        self._inferences = 0

    def open(self, network: Network, arena_bytes: int | None) -> EchoModel:
        needed = next(row[-1] for row in MODELS if row[0] == network.name)
        if network.name == "broken" or (arena_bytes is not None and not needed <= arena_bytes <= ARENA_BYTES):
            raise EngineError(EngineStatus.ARENA, "does not fit")
        return EchoModel({"big": self._big, "deep": self._deep}.get(network.name, self._echo), needed)

    def _echo(self, data: bytes) -> bytes:
        self._inferences += 1
        if data[0] == FAIL:
            raise EngineError(EngineStatus.INVOKE, "was told to")
        output = bytearray((data[i] + 2 * data[i + 4] + 1) % 256 for i in range(4))
        if data[0] == UNSTABLE:
            output[0] = (output[0] + (self._inferences <= 2)) % 256
        return bytes(output)

    def _deep(self, data: bytes) -> bytes:
        self._inferences += 1
        if data[0] == FAIL:
            raise EngineError(EngineStatus.INVOKE, "was told to")
        return data + bytes(2992)

    def _big(self, data: bytes) -> bytes:
        self._inferences += 1
        return bytes(sum(data[i::600]) % 256 for i in range(600))


def main() -> None:
    networks = tuple(
        Network(name, str(index) * 64, b"", given, (1, given_bytes), given_bytes, made, made_bytes, layers)
        for index, (name, given, given_bytes, made, made_bytes, layers, _) in enumerate(MODELS)
    )
    outside = PtyOutside()
    print(outside.name, flush=True)
    run_board(Image(EchoEngine(), networks, tuple(row[-1] for row in MODELS)), outside, StopSignals(None).stopped)


if __name__ == "__main__":
    main()
