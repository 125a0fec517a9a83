"""The command line: `mcubench <command>`. One file per command; each is imported only when it is used."""

from __future__ import annotations

import importlib
import logging
import sys
import traceback

import click

from mcubench import __version__
from mcubench.errors import InputError, McubenchError, RigError

__all__ = ["main"]

# In the order of a first session; the text is what `mcubench --help` shows without importing the command.
COMMANDS = {
    "doctor": "Say what is here, what is missing, and how to get it.",
    "boards": "List the boards known, attached and virtual.",
    "sweep": "Measure models at clock settings of a board.",
    "show": "Print the table of a run again, from the database.",
    "virtual": "Run a firmware image on a virtual board and print its port.",
    "serve-board": "Make an inference engine of this PC a board and print its port.",
    "codegen": "Turn .tflite files into C for an engine.",
    "arena": "Find the smallest arena with which a model runs on a board.",
}
EXIT_INTERRUPTED = 130


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in COMMANDS:
            return None
        try:
            module = importlib.import_module(f"mcubench.cli.{cmd_name.replace('-', '_')}")
        except ImportError as exc:
            raise InputError(
                f"'{cmd_name}' needs a package that is not installed ({exc}); see 'mcubench doctor'"
            ) from exc
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
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
    try:
        return int(_group.main(standalone_mode=False, prog_name="mcubench") or 0)
    except McubenchError as exc:
        return _report(str(exc), exc.exit_code, verbose)
    except click.ClickException as exc:
        return _report(exc.format_message(), InputError.exit_code, verbose)
    except (KeyboardInterrupt, click.Abort):
        return _report("interrupted", EXIT_INTERRUPTED, False)
    except OSError as exc:
        return _report(f"the machine refused: {exc}", RigError.exit_code, verbose)


def _report(message: str, exit_code: int, verbose: bool) -> int:
    if verbose:
        traceback.print_exc()
    print("mcubench: " + " ".join(message.split("\n")), file=sys.stderr)
    return exit_code
