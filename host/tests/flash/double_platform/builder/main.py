"""Does with `-t nobuild -t upload` what platform-ststm32 19.6.0 does: the image that is there goes to the uploader."""

from pathlib import Path

from SCons.Script import COMMAND_LINE_TARGETS, AlwaysBuild, DefaultEnvironment

env = DefaultEnvironment()

if "nobuild" not in COMMAND_LINE_TARGETS:
    env.Exit("this double builds nothing")
uploader = Path(env.PioPlatform().get_dir()) / "uploader.py"
env.Replace(
    PROGNAME="firmware",
    PROGSUFFIX=".elf",
    UPLOADERFLAGS=["program", "$SOURCE", "$UPLOAD_PROTOCOL", "$UPLOAD_PORT"],
    UPLOADCMD=f'"$PYTHONEXE" "{uploader}" $UPLOADERFLAGS',
)
image = "$BUILD_DIR/firmware.elf"
AlwaysBuild(env.Alias("nobuild", ["$BUILD_DIR/firmware.bin"]))
AlwaysBuild(env.Alias("upload", image, [env.VerboseAction("$UPLOADCMD", "Uploading $SOURCE")]))
