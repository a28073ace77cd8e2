#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# reproducible.sh KERNEL...: builds each kernel (a label such as //examples:net) twice from nothing, in different
# folders and once without Bazel's sandbox, and compares image, symbols and configuration. Status 0 if they are the same
# bytes.
set -euo pipefail
[ $# -gt 0 ] || { echo "usage: tools/reproducible.sh //PACKAGE:KERNEL..." >&2; exit 2; }

cd "$(dirname "$0")/.."
work=$(mktemp -d)
finish() {
    for base in "$work"/base.*; do
        bazel --output_base="$base" shutdown
        chmod -R u+w "$base"
    done
    rm -rf "$work"
} 2>/dev/null
trap finish EXIT

build() { # WHICH OPTION...
    local which=$1
    shift
    mkdir "$work/base.$which"
    bazel --output_base="$work/base.$which" build --symlink_prefix="$work/$which-" --noshow_progress "$@"
}
build one "$@"
build two --spawn_strategy=local "$@"

status=0
for kernel; do
    file=${kernel#//}
    file=${file/:/\/}
    for end in "" .debug .cfg; do
        if cmp "$work/one-bin/$file$end" "$work/two-bin/$file$end"; then
            echo "same $kernel$end $(sha256sum < "$work/one-bin/$file$end" | cut -c1-16)"
        else
            echo "DIFFERENT $kernel$end" >&2
            status=1
        fi
    done
done
exit $status
