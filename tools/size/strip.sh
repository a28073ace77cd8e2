#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# strip.sh STRIP DEBUG IMAGE BUDGET LABEL: makes an image from the program with symbols, and refuses one that has more
# bytes than its budget (0: any number will do), with a sentence that names what it is made of.
set -euo pipefail

strip=$1 debug=$2 image=$3 budget=$4 label=$5
"$strip" --strip-all --preserve-dates -o "$image" "$debug"
size=$(stat -L -c %s "$image")
((budget && size > budget)) || exit 0
# Beside this script in Bazel's runfiles as in the tree.
largest=$("$(dirname "$(readlink -f "$0")")/size.sh" --largest 3 "$image" "$debug")
echo "$label has $size bytes, $((size - budget)) more than its budget of $budget; the largest parts are $largest." \
    "\`./atman size $label\` shows all." >&2
exit 1
