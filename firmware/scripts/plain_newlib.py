"""Links newlib as it is, with the official nRF52 platform too.

Without a framework that platform always links newlib-nano, whose memcpy copies byte by byte, and stubs for system calls
that nothing here makes (platform-nordicnrf52 10.11.0, builder/frameworks/_bare.py). Both come as specs.
"""

from SCons.Script import DefaultEnvironment

env = DefaultEnvironment()

env.Replace(LINKFLAGS=[flag for flag in env["LINKFLAGS"] if not str(flag).startswith("--specs=")])
