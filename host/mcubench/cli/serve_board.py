"""`mcubench serve-board`: a board in Python on a pty."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

from mcubench.cli.stop import StopSignals
from mcubench.outside import PtyOutside
from mcubench.serve import ENGINES, RESOLVERS, find_networks, load_engine, load_image, run_board

__all__ = ["command"]


@click.command("serve-board")
@click.argument("models", nargs=-1, metavar="[MODEL]...")
@click.option("--engine", required=True, metavar="ENGINE", help=f"What runs the models: {' or '.join(ENGINES)}.")
@click.option(
    "--resolver",
    type=click.Choice(RESOLVERS),
    help="LiteRT's kernels: the reference ones, which give the golden outputs, or its default, XNNPACK's"
    " [default: reference].",
)
@click.option("--link", type=click.Path(path_type=Path), help="Make this a symbolic link to the pty.")
@click.option("--parent-pid", type=click.IntRange(min=1), help="End when this process has ended.")
def command(
    models: tuple[str, ...], engine: str, resolver: str | None, link: Path | None, parent_pid: int | None
) -> None:
    """Make an inference engine of this PC a board; the first line of output names the port to open.

    MODEL is a model folder, its name, or a .tflite file; without any, every model folder is served.
    """
    image = load_image(load_engine(engine, resolver), find_networks(models))
    stops = StopSignals(parent_pid)
    with closing(PtyOutside(link)) as outside:
        print(outside.name, flush=True)
        run_board(image, outside, stops.stopped)
