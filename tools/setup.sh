#!/usr/bin/env bash
# Sets up everything below the project's folder: .venv (Python packages) and .pio-core (PlatformIO's build tool), and gets
# the Arm compiler from Debian if there is none. Usage: tools/setup.sh <python>. Prints a line per step; a step that fails
# says what to do and ends the script.
set -euo pipefail
cd "$(dirname "$0")/.."
python=$1

say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

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
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[virtual,firmware,hil,dev]' ||
        fail "pip could not install the packages of pyproject.toml: is PyPI reachable?"
}

install_compiler() {
    if ! command -v arm-none-eabi-gcc > /dev/null; then
        apt_install gcc-arm-none-eabi libnewlib-arm-none-eabi ||
            fail "arm-none-eabi-gcc is missing: install it (Debian: apt install gcc-arm-none-eabi libnewlib-arm-none-eabi)"
    fi
    say "arm-none-eabi-gcc $(arm-none-eabi-gcc -dumpfullversion)"
}

check_python
create_venv
install_packages
install_compiler
.venv/bin/python tools/seed_platformio.py "${PLATFORMIO_CORE_DIR:-.pio-core}"
say "ready"
