"""Does with targets what platform-ststm32 19.6.0 does: what was built, or is there, goes to the uploader."""

import os
from pathlib import Path

from SCons.Script import COMMAND_LINE_TARGETS, AlwaysBuild, Copy, Default, DefaultEnvironment

env = DefaultEnvironment()

uploader = Path(env.PioPlatform().get_dir()) / "uploader.py"
env.SetDefault(UPLOAD_PROTOCOL=env.BoardConfig().get("upload.protocol", ""))
env.Replace(
    PROGNAME="firmware",
    PROGSUFFIX=".elf",
    UPLOADERFLAGS=["program", "$SOURCE", "$UPLOAD_PROTOCOL", "$UPLOAD_PORT"],
    UPLOADCMD=f'"$PYTHONEXE" "{uploader}" $UPLOADERFLAGS',
)
if "nobuild" in COMMAND_LINE_TARGETS:
    image = "$BUILD_DIR/firmware.elf"
    AlwaysBuild(env.Alias("nobuild", ["$BUILD_DIR/firmware.bin"]))
else:
    image = env.Command("$BUILD_DIR/firmware.elf", os.environ["DOUBLE_BUILDS"], Copy("$TARGET", "$SOURCE"))
    Default(image)
AlwaysBuild(env.Alias("upload", image, [env.VerboseAction("$UPLOADCMD", "Uploading $SOURCE")]))
