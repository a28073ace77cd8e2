# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# collect.sh, to be sourced: a Linux guest's root from what this machine has installed.
#
#   newest FILE...              the last of those that exist, in order of version; nothing when none does
#   find_linux                  leaves in `linux` the version of the newest kernel that has Xen's network back-end
#   library_files <PROGRAMS     the shared libraries that the files named on stdin load, one a line
#   module_files MODULE...      the files of that kernel's modules, in the order in which they must be loaded
#   copy_into_root <FILES       copies the files named on stdin to the same places under $root, links followed
#   pack_root                   $root as an archive on stdout: all is root's, the same bytes for the same content

# Loaded by the dynamic loader only when a thread ends, so ldd does not show it: without it programs abort.
readonly HIDDEN_LIBRARIES=(libgcc_s.so.1)

die() {
    echo "$*" >&2
    exit 1
}

newest() {
    local file
    for file in "$@"; do
        [[ ! -e $file ]] || echo "$file"
    done | sort -V | tail -n 1
}

# A "cloud" kernel has no back-end and cannot be a dom0.
find_linux() {
    local netback
    netback=$(newest /lib/modules/*/kernel/drivers/net/xen-netback/xen-netback.ko*)
    [[ -n $netback ]] || die "no Linux with xen-netback in /lib/modules: install linux-image-amd64"
    linux=${netback#/lib/modules/}
    linux=${linux%%/*}
    [[ -e /boot/vmlinuz-$linux ]] || die "there is no /boot/vmlinuz-$linux: install linux-image-amd64"
    [[ -r /boot/vmlinuz-$linux ]] || die "/boot/vmlinuz-$linux cannot be read: as root, chmod a+r /boot/vmlinuz-*"
}

# (ldd grumbles about static ones.)
library_files() {
    xargs ldd 2>/dev/null | grep -o '/[^ ]*' | grep -v ':$' || true
    local library
    for library in "${HIDDEN_LIBRARIES[@]}"; do
        ldconfig -p | awk -v name="$library" '$1 == name && /x86-64/ && !found++ { print $NF }'
    done
}

module_files() {
    local module
    for module in "$@"; do
        modprobe -D -S "$linux" "$module" || die "Linux $linux has no module $module"
    done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++'
}

copy_into_root() {
    sort -u | sed 's|^/||' | tar -C / --dereference --hard-dereference -cf - -T - |
        tar -C "${root:?}" --keep-directory-symlink --no-same-owner -xf -
}

pack_root() {
    find "$root" -exec touch --no-dereference --date=@0 {} +
    (cd "$root" && find . -print0 | LC_ALL=C sort -z | cpio --quiet -0 -o -H newc -R 0:0 --reproducible)
}
