# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# setup.sh: `atman setup`.

help_setup() {
    cat <<'END'
Usage: ./atman setup

Installs what tools/packages.txt lists and this machine lacks, with apt-get, as root or through sudo. Does nothing, and
asks no server, when nothing is missing. The other verbs call it when they need something.
END
}

verb_setup() {
    local missing
    (($# == 0)) || misuse "setup takes no arguments (./atman setup --help)"
    mapfile -t missing < <(missing_packages)
    if ((${#missing[@]})); then
        install_packages "${missing[@]}"
    else
        say "nothing is missing"
    fi
}
