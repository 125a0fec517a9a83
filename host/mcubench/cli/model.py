"""`mcubench model`: bringing models, seeing what there is, and taking them away; one file per command."""

from __future__ import annotations

import click

from mcubench.cli.lazy_group import LazyGroup

__all__ = ["command"]

COMMANDS = {
    "add": "Make a model folder out of a .tflite file and test data.",
    "inspect": "Show a model's operators, counts and memory.",
    "list": "List the models there are.",
    "remove": "Remove a model folder.",
}


@click.group("model", cls=LazyGroup, summaries=COMMANDS, prefix="mcubench.cli.model_")
def command() -> None:
    """Bring models of your own, list, look into and remove them."""
