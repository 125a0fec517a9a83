"""The map in docs/architecture.md is true: who may know whom, in the package and in the firmware."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "host" / "mcubench"
FIRMWARE = ROOT / "firmware"

# What each part may import besides itself and COMMON.
COMMON = {"errors", "deadline", "outside", "probe", "image_mark"}
MAY_IMPORT = {
    "link": set(),
    "protocol": {"link"},
    "boards": {"link"},
    "fit": {"boards", "codegen", "inspect", "measure", "models", "protocol"},
    "images": {"boards", "models"},
    "flash": {"boards", "images", "link", "models", "protocol", "recovery", "rig", "symbols", "image_layout"},
    "rig": {"boards", "link", "protocol", "recovery"},
    "models": set(),
    "codegen": set(),
    "inspect": {"codegen"},
    "intake": {"codegen", "inspect", "models"},
    "lint": {"codegen", "inspect", "store"},
    "virtual": set(),
    "serve": {"protocol", "models", "codegen", "virtual", "image_layout"},
    "store": set(),
    "report": {"store"},
    "recovery": {"link", "protocol", "boards"},
    "measure": {"protocol", "models", "store", "recovery"},
    "pytest_plugin": {
        "boards",
        "flash",
        "images",
        "link",
        "measure",
        "models",
        "protocol",
        "recovery",
        "rig",
        "store",
    },
}
# What each part of the firmware may include of the others: the two contracts, and a port what its family shares.
CORTEX_M = {path.name for path in (FIRMWARE / "cortex_m").glob("*.h")}
MAY_INCLUDE = {
    "common": {"port.h", "engine.h"},
    "cortex_m": {"port.h"},
    "stm32f746": {"port.h", *CORTEX_M},
    "nrf52": {"port.h", *CORTEX_M},
    "cortex_m0": {"engine.h"},  # bare: without the core and its port
    "native": {"port.h", "core.h", "crc32.h"},  # its main() takes options and may end; its uid is a hash
    "esp32": {"port.h", "core.h"},  # ESP-IDF has its own main()
    "engines/generated": {"engine.h"},
    "engines/none": {"engine.h"},
    "engines/tflm": {"engine.h", "resolver.h"},
    # What the user brings of ST's, and what the code generator found out about it.
    "engines/xcubeai": {"engine.h", "ai_platform.h", "ai_platform_interface.h", "xcubeai_files.h"},
}


def imported_parts(part: Path) -> set[str]:
    names = set()
    for path in part.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("mcubench."):
                names.add(str(node.module).split(".")[1])
            elif isinstance(node, ast.Import):
                names |= {name.name.split(".")[1] for name in node.names if name.name.startswith("mcubench.")}
    return names - COMMON - {part.name}


@pytest.mark.parametrize("part", MAY_IMPORT)
def test_parts_import_only_what_the_map_allows(part: str) -> None:
    assert imported_parts(PACKAGE / part) <= MAY_IMPORT[part]


def test_the_map_names_every_folder() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    folders = [path.name for path in PACKAGE.iterdir() if path.is_dir() and not path.name.startswith("__")]
    assert [name for name in folders if f"`host/mcubench/{name}/`" not in text] == []


@pytest.mark.parametrize("part", MAY_INCLUDE)
def test_firmware_parts_meet_only_at_the_contracts(part: str) -> None:
    folder = FIRMWARE / part
    own = {path.name for path in folder.iterdir()}
    sources = [path for path in folder.iterdir() if path.suffix in {".c", ".cc", ".h"}]
    included = {name for path in sources for name in re.findall(r'#include "(?!tensorflow/)([^"]+)"', path.read_text())}
    # The inline half of the port contract, which each board defines.
    assert included - own - {"port_inline.h"} <= MAY_INCLUDE[part]


def test_the_core_names_no_board_and_no_engine() -> None:
    text = "".join(path.read_text() for path in (FIRMWARE / "common").glob("*.c"))
    assert re.findall(r"stm32|nrf52|esp32|tflm|cortex", text, re.IGNORECASE) == []
