"""The command line: `mcubench <command>`. One file per command; each is imported only when it is used."""

from __future__ import annotations

import logging
import signal
import sys
import traceback
from collections.abc import Sequence

import click

from mcubench import __version__
from mcubench.cli.lazy_group import LazyGroup
from mcubench.cli.stop import interrupt_on_signals
from mcubench.errors import InputError, McubenchError, RigError

__all__ = ["main"]

# In the order of a first session; the text is what `mcubench --help` shows without importing the command.
COMMANDS = {
    "doctor": "Say what is here, what is missing, and how to get it.",
    "boards": "List the boards known, attached and virtual.",
    "rig": "Keep a shelf of boards: find, check and share them.",
    "flash": "Build firmware and load it into boards.",
    "probe": "Load, reset or switch a virtual board.",
    "model": "Bring models of your own, list and remove them.",
    "sweep": "Measure models at clock settings of a board.",
    "show": "Print the table of a run again, from the database.",
    "fit": "Say whether a model fits a board, before anything is flashed.",
    "compare": "Print two models side by side with ratios: float32 and int8.",
    "lint": "Tell what makes the networks of a run slow.",
    "image": "Build a firmware image with models.",
    "virtual": "Run a firmware image on a virtual board and print its port.",
    "serve-board": "Make an inference engine of this PC a board and print its port.",
    "codegen": "Turn .tflite files into C for an engine.",
    "arena": "Find the smallest arena with which a model runs on a board.",
}
# As shells have it: what ended a program that a signal ended.
EXIT_BY_SIGNAL = 128


@click.group(
    cls=LazyGroup,
    summaries=COMMANDS,
    prefix="mcubench.cli.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)
@click.version_option(__version__, prog_name="mcubench")
@click.option("-v", "--verbose", is_flag=True, help="Log what happens, and show where an error comes from.")
@click.pass_context
def _group(ctx: click.Context, verbose: bool) -> None:
    """Measure how fast, how big and how right neural networks are on microcontrollers."""
    ctx.obj = verbose
    if verbose:
        logging.basicConfig(level=logging.DEBUG, format="%(relativeCreated)7.0f %(name)s: %(message)s")


def main() -> None:
    """Run the command line; errors are one line on stderr; exit code 1 bad result, 2 bad input, 3 rig."""
    sys.exit(_run())


def _run() -> int:
    verbose = "-v" in sys.argv[1:2] or "--verbose" in sys.argv[1:2]
    signals = interrupt_on_signals()
    try:
        return int(_group.main(standalone_mode=False, prog_name="mcubench") or 0)
    except McubenchError as exc:
        if len(exc.lines) == 1:
            return _report(exc.lines[0], exc.exit_code, verbose)
        return _report(exc.summary, exc.exit_code, verbose, exc.lines)
    except click.ClickException as exc:
        return _report(exc.format_message(), InputError.exit_code, verbose)
    except (KeyboardInterrupt, click.Abort):
        by = signals[0] if signals else signal.SIGINT
        what = "interrupted" if by == signal.SIGINT else f"ended by {by.name}"
        return _report(what, EXIT_BY_SIGNAL + by, False)
    except OSError as exc:
        return _report(f"the machine refused: {exc}", RigError.exit_code, verbose)


def _report(message: str, exit_code: int, verbose: bool, details: Sequence[str] = ()) -> int:
    if verbose:
        traceback.print_exc()
    for line in (f"mcubench: {message}", *(f"  {detail}" for detail in details)):
        print(" ".join(line.split("\n")), file=sys.stderr)
    return exit_code
