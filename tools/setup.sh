#!/usr/bin/env bash
# Sets up everything below the project's folder: .venv (Python packages) and .pio-core (PlatformIO's build tool), and gets
# the Arm compiler from Debian if there is none. Usage: tools/setup.sh <python>. Prints a line per step; a step that fails
# says what to do and ends the script. `tools/setup.sh <python> far` gets what tests of far boards need, and nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."
python=$1
export PLATFORMIO_CORE_DIR=${PLATFORMIO_CORE_DIR:-$PWD/.pio-core}
log=.venv/setup.log
LABGRID=26.0.1

say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }
fail_with_log() {
    grep -E '^ERROR' "$log" | head -n 3 >&2 || tail -n 3 "$log" >&2
    fail "$* (all of it: $log)"
}

# apt_install <packages>: as root, or through sudo where it asks for no password. False where neither is possible.
apt_install() {
    local as_root=()
    command -v apt-get > /dev/null || return 1
    if [ "$(id -u)" -ne 0 ]; then
        sudo -n true 2> /dev/null || return 1
        as_root=(sudo -n)
    fi
    say "installing $* with apt-get"
    "${as_root[@]}" apt-get update -qq > /dev/null 2>&1 || true # an old index may still do
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -qq -y --no-install-recommends "$@" > /dev/null 2>&1
}

check_python() {
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null ||
        fail "Python 3.11 or later is needed, '$python' is $("$python" --version 2>&1 || true): run make PYTHON=/path/to/python3.11"
}

create_venv() {
    if [ ! -x .venv/bin/python ]; then
        say "creating .venv with $("$python" --version)"
        "$python" -c 'import ensurepip' 2> /dev/null || apt_install python3-venv ||
            fail "Python's venv module is missing: install it (Debian: apt install python3-venv)"
        "$python" -m venv .venv || fail "'$python -m venv .venv' failed"
    fi
}

install_packages() {
    say "installing Python packages into .venv (a few minutes the first time)"
    .venv/bin/python -m pip install --disable-pip-version-check --editable '.[virtual,firmware,hil,dev]' \
        > "$log" 2>&1 || fail_with_log "pip could not install the packages of pyproject.toml; is PyPI reachable?"
}

compiler_works() {
    command -v arm-none-eabi-gcc > /dev/null &&
        [ "$(arm-none-eabi-gcc -print-file-name=libc.a)" != libc.a ] # the bare name: there is no C library
}

install_compiler() {
    compiler_works || apt_install gcc-arm-none-eabi libnewlib-arm-none-eabi ||
        fail "arm-none-eabi-gcc or its C library is missing: install them (Debian: apt install gcc-arm-none-eabi libnewlib-arm-none-eabi)"
    say "arm-none-eabi-gcc $(arm-none-eabi-gcc -dumpfullversion)"
}

# Wanted by the engine `tflm` only.
install_cplusplus() {
    if [ "$(arm-none-eabi-gcc -print-file-name=libstdc++.a)" = libstdc++.a ]; then # the bare name: there is none
        apt_install libstdc++-arm-none-eabi-newlib ||
            say "no C++ for arm-none-eabi: the engine tflm cannot be built (Debian: apt install libstdc++-arm-none-eabi-newlib)"
    fi
}

# Wanted by tests only: core and engine must compile for the ESP32's kind of core too, whose own compiler Debian has not.
install_xtensa_compiler() {
    if ! command -v xtensa-lx106-elf-gcc > /dev/null || [ ! -d /usr/lib/xtensa-lx106-elf/include ]; then
        apt_install gcc-xtensa-lx106 picolibc-xtensa-lx106-elf ||
            say "no xtensa-lx106-elf-gcc: tests skip it (Debian: apt install gcc-xtensa-lx106 picolibc-xtensa-lx106-elf)"
    fi
}

# PlatformIO's build tool, and the platform of this repository. The first run of PlatformIO also prints a greeting.
prepare_platformio() {
    .venv/bin/python tools/seed_platformio.py "$PLATFORMIO_CORE_DIR"
    .venv/bin/pio pkg install --environment stm32f746-local >> "$log" 2>&1 ||
        fail_with_log "PlatformIO could not take up firmware/platform-local"
}

# Wanted by tests of far boards only, which skip what is missing. RUNLEVEL keeps Debian from starting ser2net as a service.
install_far() {
    if [ -z "$(PATH=$PATH:/usr/sbin type -P ser2net)" ]; then
        RUNLEVEL=1 apt_install ser2net || say "no ser2net: tests skip it (Debian: apt install ser2net)"
    fi
    # An environment of its own: labgrid brings a module that takes the place of pyserial.
    say "installing labgrid for tests into .venv/labgrid"
    { "$python" -m venv .venv/labgrid &&
        .venv/labgrid/bin/python -m pip install --disable-pip-version-check --retries 1 "labgrid==$LABGRID"; } \
        > "$log" 2>&1 || { say "no labgrid: tests skip it (pip: $(tail -n 1 "$log"))"; rm -rf .venv/labgrid; }
}

if [ "${2:-}" = far ]; then
    install_far
    exit
fi
check_python
create_venv
install_packages
install_compiler
install_cplusplus
install_xtensa_compiler
prepare_platformio
say "ready"
