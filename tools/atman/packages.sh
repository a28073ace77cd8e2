# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# packages.sh: the Debian packages that tools/packages.txt lists. Every verb that builds or boots calls ensure_packages.

readonly PACKAGE_LIST=$ATMAN_HOME/tools/packages.txt

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

# ensure_packages: installs what is missing, and says nothing when nothing is.
ensure_packages() {
    local missing
    mapfile -t missing < <(missing_packages)
    ((${#missing[@]} == 0)) || install_packages "${missing[@]}"
}

install_packages() {
    local by_hand="as root: apt-get update && apt-get install --no-install-recommends $*"
    ((EUID == 0)) || type -P sudo >/dev/null || fail "packages are missing and there is no sudo; $by_hand"
    say "installing $# missing packages: $*"
    if [[ " $* " == *" xen-hypervisor"* && -e /boot/grub/grub.cfg ]]; then
        say "Debian's hypervisor package makes Xen the default at the next boot of this machine; Atman does not need" \
            "that. XEN_OVERRIDE_GRUB_DEFAULT=0 in /etc/default/grub.d/xen.cfg and update-grub undo it"
    fi
    trap 'exit 130' INT
    # Asks for the password now if it must, not behind a progress line.
    as_root true || fail "sudo was refused; $by_hand"
    # One archive that is down, perhaps one that we do not need, must not hide the others.
    (logged setup-update "reading Debian's package lists" as_root apt-get -q update) || say "going on without"
    logged setup-install "installing $# packages" as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@"
}
