"""A program: coverage-guided fuzzing of what the host reads from outside, with atheris (pip install 'mcubench[fuzz]').

python host/tests/fuzz/fuzz_host.py [--target NAME] [libFuzzer's own options: -runs=1000000 -seed=1 CORPUS_FOLDER ...]

Without a target the first byte of an input picks one.
"""

from __future__ import annotations

import sys
from pathlib import Path

try:
    import atheris
except ImportError:
    sys.exit("fuzz_host: the host's fuzzer needs the package atheris: .venv/bin/pip install 'mcubench[fuzz]'")

sys.path.insert(0, str(Path(__file__).parent))

with atheris.instrument_imports(
    include=["mcubench.protocol", "mcubench.link", "mcubench.errors", "mcubench.codegen", "mcubench.inspect"]
):
    from model_targets import MODEL_TARGETS
    from targets import TARGETS

ALL_TARGETS = TARGETS | MODEL_TARGETS

# Seconds for one input, megabytes for the process, bytes of an input: what is beyond is a hang or a leak.
LIMITS = ("-timeout=20", "-rss_limit_mb=1024", "-max_len=1024")


def main() -> None:
    arguments = sys.argv[1:]
    chosen = list(ALL_TARGETS.values())
    if arguments[:1] == ["--target"]:
        name = arguments[1] if len(arguments) > 1 else ""
        if name not in ALL_TARGETS:
            sys.exit(f"fuzz_host: no target '{name}'; there is {', '.join(ALL_TARGETS)}")
        chosen = [ALL_TARGETS[name]]
        arguments = arguments[2:]

    def run(data: bytes) -> None:
        if len(chosen) == 1:
            chosen[0](data)
        elif data:
            chosen[data[0] % len(chosen)](data[1:])

    atheris.Setup([sys.argv[0], *LIMITS, *arguments], run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
