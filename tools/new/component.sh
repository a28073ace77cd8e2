#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# component.sh ROOT NAME: makes components/NAME in the checkout ROOT from the templates in component/: a small component
# that passes every check, to be changed into what it is to be.
set -euo pipefail

HERE=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
readonly HERE

refuse() {
    echo "$*" >&2
    exit 2
}

(($# == 2)) || refuse "usage: component.sh ROOT NAME"
root=$1 name=$2
[[ $name =~ ^[a-z][a-z0-9]{0,19}$ ]] ||
    refuse "a component's name is a small letter and up to 19 small letters and digits, not '$name'"
folder=$root/components/$name
[[ ! -e $folder ]] || refuse "there is a component '$name' already"
base=$(sed -n 's/^ *version = "\([0-9]*\.[0-9]*\)\..*/\1/p' "$root/components/base/BUILD" | head -n 1)
[[ $base ]] || refuse "$root has no components/base with a version"

# What fails leaves nothing behind.
trap 'rm -rf "$folder"' ERR

# put TEMPLATE PLACE
put() {
    mkdir -p "$folder/$(dirname "$2")"
    sed "s/@name@/$name/g; s/@NAME@/${name^^}/g; s/@Name@/${name^}/g; s/@base@/$base/g" "$HERE/component/$1.in" \
        >"$folder/$2"
}

put BUILD BUILD
put CHANGELOG.md CHANGELOG.md
put DESIGN.md DESIGN.md
put README.md README.md
put header.h "include/atman/$name/$name.h"
put source.c "src/$name.c"
put test.cc "tests/${name}_test.cc"
mkdir "$folder/abi"
"$root/tools/abi/describe.sh" "$folder/abi/$name.abi" "$name" 0.1.0 "$folder/include/atman/$name/$name.h" -- \
    -I"$folder/include" -I"$root/components/base/include"
