#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# kernels.sh BLOCKS FOLDER: of what blocks.sh has put into BLOCKS, every `atman_kernel` with the program nearest to it
# in the same page, as a package FOLDER/PAGE, with the tests that the page shows for it. Says how many kernels there
# are.
set -euo pipefail

blocks=$1 folder=$2
count=0

# nearest PAGE LINE: the program of that page.
nearest() {
    local file line
    for file in "$1".*.c; do
        if grep -q '^int main(' "$file"; then
            line=${file%.c}
            line=${line##*.}
            echo "$((line > $2 ? line - $2 : $2 - line)) $file"
        fi
    done | sort -n | sed -n '1s/^[0-9]* //p'
}

for block in "$blocks"/*.python; do
    [[ -e $block ]] && grep -q '^atman_kernel(' "$block" || continue
    page=${block%.*.python} line=${block%.python} line=${line##*.}
    source=$(sed -n 's/.*srcs = \["\([a-z_]*\.c\)"\].*/\1/p' "$block")
    program=$(nearest "$page" "$line")
    [[ $source && $program ]] || { echo "$block: no program belongs to it" >&2 && exit 1; }
    package=$folder/$(basename "$page" .md | tr -c 'a-zA-Z0-9_\n' _)
    mkdir -p "$package"
    {
        grep -q '^load(.*kernel\.bzl' "$block" || echo 'load("//bazel:kernel.bzl", "atman_kernel")'
        cat "$block"
    } >"$package/BUILD"
    cp "$program" "$package/$source"
    count=$((count + 1))
done

# beside BLOCK: the package of its page, which is made.
beside() {
    local package
    package=$folder/$(basename "${1%.*.python}" .md | tr -c 'a-zA-Z0-9_\n' _)
    mkdir -p "$package"
    echo "$package"
}

for block in "$blocks"/*.python; do
    if grep -q '^xen_test(' "$block" && grep -q 'kernels = \[":' "$block"; then
        package=$(beside "$block")
        cat "$block" >>"$package/BUILD"
        cat "${block%.*.python}".*.bash >"$package/$(sed -n 's/.*src = "\([a-z_]*\.sh\)".*/\1/p' "$block")"
    fi
done
echo "$count kernels"
