"""A click group of which each command is a file of its own, imported only when it is used."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click

from mcubench.errors import InputError

__all__ = ["LazyGroup"]


class LazyGroup(click.Group):
    """A group over `summaries`, what its help says of each command; NAME is `command` of the module PREFIX + NAME."""

    def __init__(self, *arguments: Any, summaries: Mapping[str, str], prefix: str, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._summaries = summaries
        self._prefix = prefix

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self._summaries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in self._summaries:
            return None
        try:
            module = importlib.import_module(self._prefix + cmd_name.replace("-", "_"))
        except ImportError as exc:
            raise InputError(
                f"'{cmd_name}' needs a package that is not installed ({exc}); see 'mcubench doctor'"
            ) from exc
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        with formatter.section("Commands"):
            formatter.write_dl(list(self._summaries.items()))
