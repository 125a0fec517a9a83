"""Puts SCons from PyPI where PlatformIO looks for its build tool, so that building needs no PlatformIO registry.

PlatformIO runs `<core dir>/packages/tool-scons/scons.py`. Usage: seed_platformio.py <core dir>
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

__all__ = ["main"]

# PlatformIO Core 6.2.0 asks for tool-scons ~4.41101.0, which is SCons 4.11.1: the version pinned in pyproject.toml.
PACKAGE = {
    "name": "tool-scons",
    "version": "4.41101.0",
    "description": "SCons from PyPI, in the environment that runs PlatformIO",
    "system": "*",
}
# PlatformIO's own record of an installed package; without it a package with an owner is not recognised.
RECORD = {
    "type": "tool",
    "name": PACKAGE["name"],
    "version": PACKAGE["version"],
    "spec": {"owner": "platformio", "id": None, "name": PACKAGE["name"], "requirements": None, "uri": None},
}
LAUNCHER = "import SCons.Script\n\nSCons.Script.main()\n"


def main() -> int:
    """Write the package's three files below the core directory given on the command line."""
    if len(sys.argv) != 2:
        sys.stderr.write("usage: seed_platformio.py <PlatformIO core directory>\n")
        return 2
    folder = Path(sys.argv[1]) / "packages" / "tool-scons"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text(json.dumps(PACKAGE, indent=2) + "\n")
    (folder / ".piopm").write_text(json.dumps(RECORD))
    (folder / "scons.py").write_text(LAUNCHER)
    return 0


if __name__ == "__main__":
    sys.exit(main())
