# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# setup.sh: `atman setup`, which every verb that builds or boots calls first.

readonly PACKAGE_LIST=$ATMAN_HOME/tools/packages.txt

help_setup() {
    cat <<'END'
Usage: ./atman setup

Installs what tools/packages.txt lists and this machine lacks, with apt-get, as root or through sudo. Does nothing, and
asks no server, when nothing is missing. The other verbs call it first.
END
}

# Packages of the list that are not installed, one a line. A line of the list is a package, or several that serve as
# well, separated by bars: the first is installed when none is there.
missing_packages() {
    local wanted package installed
    installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' | sed -n 's/ installed$//p')
    while read -r wanted _; do
        [[ -n $wanted && $wanted != \#* ]] || continue
        for package in ${wanted//|/ }; do
            [[ $'\n'$installed$'\n' != *$'\n'$package$'\n'* ]] || continue 2
        done
        echo "${wanted%%|*}"
    done <"$PACKAGE_LIST"
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

# ensure_packages: the same for other verbs, which have more to say than that nothing is missing.
ensure_packages() {
    local missing
    mapfile -t missing < <(missing_packages)
    ((${#missing[@]} == 0)) || install_packages "${missing[@]}"
}

install_packages() {
    ((EUID == 0)) || type -P sudo >/dev/null ||
        fail "packages are missing and there is no sudo; as root: apt-get install --no-install-recommends $*"
    say "installing $# missing packages: $*"
    # Asks for the password now if it must, not behind a progress line.
    as_root true || fail "sudo was refused; as root: apt-get install --no-install-recommends $*"
    logged setup-update "reading Debian's package lists" as_root apt-get -q update
    logged setup-install "installing $# packages" as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -q install -y --no-install-recommends "$@"
}
