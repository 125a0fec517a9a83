"""What labgrid says of a place: who has it, and what is at it."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import Any

from mcubench.errors import RigError

__all__ = ["Place", "Resource", "read_place"]

# The lines that `labgrid-client show` prints before the parameters of a resource, a Python dict over several lines.
RESOURCE_LINE = re.compile(r"^Acquired resource '(?P<name>.*)' \([^/]*/[^/]*/(?P<kind>[^/]*)/.*\):$")


@dataclass(frozen=True)
class Resource:
    """A thing at a place. `name` is what the place calls it, `kind` labgrid's class."""

    name: str
    kind: str
    available: bool
    parameters: dict[str, Any]

    @property
    def needs_proxy(self) -> bool:
        """Whether its exporter says that it can be reached through SSH only."""
        return bool(self.parameters.get("extra", {}).get("proxy_required"))


@dataclass(frozen=True)
class Place:
    """A place. `holder` is `host/user` of who has acquired it, None if nobody has; only then it has no `resources`."""

    name: str
    aliases: tuple[str, ...]
    holder: str | None
    resources: tuple[Resource, ...]


def read_place(shown: str) -> Place:
    """Read what `labgrid-client show` prints; RigError if that is something else than labgrid 26 prints."""
    lines = shown.splitlines()
    name = re.fullmatch(r"Place '(.*)':", lines[0]) if lines else None
    words = dict(line.strip().split(": ", 1) for line in lines if line.startswith("  ") and ": " in line)
    if name is None or "acquired" not in words:
        raise RigError(f"labgrid-client show printed '{lines[0] if lines else ''}', not a place as labgrid 26 does")
    # An alias may be that of one user: `user:alias`.
    aliases = tuple(alias.rpartition(":")[2] for alias in words.get("aliases", "").split(", ") if alias)
    holder = None if words["acquired"] == "None" else words["acquired"]
    return Place(name[1], aliases, holder, tuple(_read_resources(lines)))


def _read_resources(lines: list[str]) -> list[Resource]:
    resources = []
    for number, line in enumerate(lines):
        if head := RESOURCE_LINE.match(line):
            body = []
            for following in lines[number + 1 :]:
                if not following.startswith("  "):
                    break
                body.append(following)
            resources.append(_read_resource(head["name"], head["kind"], "\n".join(body)))
    return resources


def _read_resource(name: str, kind: str, text: str) -> Resource:
    try:
        read = ast.literal_eval(text.strip())
        return Resource(name, kind, bool(read["avail"]), dict(read["params"]))
    except (ValueError, SyntaxError, TypeError, KeyError) as exc:
        raise RigError(f"labgrid's resource {name} ({kind}) is not described as labgrid 26 does") from exc
