"""Test double of OpenOCD and of all other upload tools: adds a line of JSON to $UPLOADER_LOG, then does as it is told.

$UPLOADER_DOES is `nothing`, `fail: <what it prints then>` or `hang`.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from pathlib import Path

__all__: list[str] = []

at = sys.argv.index("program")
flags, (image, protocol, *port) = sys.argv[1:at], sys.argv[at + 1 :]
called = {
    "flags": flags,
    "image": hashlib.sha256(Path(image).read_bytes()).hexdigest(),
    "protocol": protocol,
    "port": port[0] if port else None,
    "probe": os.environ.get("MCUBENCH_PROBE_ID"),
    "pid": os.getpid(),
}
with Path(os.environ["UPLOADER_LOG"]).open("a", encoding="utf-8") as log:
    log.write(f"{json.dumps(called)}\n")
does, _, words = os.environ.get("UPLOADER_DOES", "nothing").partition(": ")
if does == "fail":
    sys.exit(words)
if does == "hang":
    time.sleep(600)
