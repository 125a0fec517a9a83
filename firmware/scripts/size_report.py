"""Makes PlatformIO's size line count every section of our linker scripts, not only .text, .data and .bss."""

from SCons.Script import DefaultEnvironment

env = DefaultEnvironment()

env.Replace(
    SIZEPROGREGEXP=r"^(?:\.vectors|\.engine|\.model_\w+|\.text|\.init_array|\.data)\s+(\d+).*",
    SIZEDATAREGEXP=r"^(?:\.stack|\.noinit|\.data|\.bss|\.hold|\.staging|\.ring|\.arena)\s+(\d+).*",
)
