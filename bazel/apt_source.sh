#!/bin/sh
# SPDX-License-Identifier: ISC
# apt_source.sh PACKAGE SHA256: fetches the file with this checksum, which belongs to some version of Debian's source
# package PACKAGE, into the current folder and prints its name. Uses the archives that the machine's apt is set up for,
# needs no root, and changes nothing outside the current folder.
set -eu
package=$1 sha256=$2
state=$PWD/state
mkdir -p "$state/parts" "$state/lists/partial" "$state/cache/archives/partial"

# The machine's own sources, seen as source-package archives.
eval "$(apt-config shell parts Dir::Etc::sourceparts/d list Dir::Etc::sourcelist/f)"
for file in "$parts"*.sources; do
    [ -f "$file" ] || continue
    sed 's/^Types:.*/Types: deb-src/' "$file" > "$state/parts/${file##*/}"
done
for file in "$list" "$parts"*.list; do
    [ -f "$file" ] || continue
    sed -n 's/^deb\(-src\)\{0,1\}[[:space:]]/deb-src /p' "$file" > "$state/parts/${file##*/}"
done

apt() {
    command=$1
    shift
    "$command" -q -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$state/parts" \
        -o Dir::State::lists="$state/lists" -o Dir::Cache="$state/cache" -o Acquire::Languages=none \
        -o APT::Sandbox::User=root -o Debug::NoLocking=1 "$@"
}

# One archive that is down or has no sources must not hide the others.
apt apt-get update >&2 || true

# The package's stanzas are separated by empty lines; a checksum line reads " SHA256 SIZE NAME".
found=$(apt apt-cache showsrc --only-source "$package" | awk -v want="$sha256" '
    /^Version: / { version = $2 }
    $1 == want { print version, $3; exit }')
[ -n "$found" ] || { echo "apt knows no version of $package with the file $sha256" >&2; exit 1; }

apt apt-get --download-only --tar-only --only-source source "$package=${found% *}" >&2
echo "${found#* }"
