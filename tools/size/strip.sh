#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# strip.sh STRIP DEBUG IMAGE BUDGET LABEL: makes an image from the program with symbols, and refuses one that has more
# bytes than its budget (0: any number will do), with a sentence that names what it is made of.
#
# Who loads a program reads its segments; what is behind them, the table of sections with its names, is for linkers and
# debuggers, who have DEBUG. In a small kernel these are some 700 bytes.
set -euo pipefail

strip=$1 debug=$2 image=$3 budget=$4 label=$5
"$strip" --strip-all --preserve-dates -o "$image" "$debug"
# The last byte of a segment in the file, and a header that says there are no sections: the offset of their table, then
# how many there are and which has the names (ELF-64, e_shoff, e_shnum, e_shstrndx).
end=0
while read -r offset bytes; do
    ((offset + bytes > end)) && end=$((offset + bytes))
done < <(readelf -lW "$image" | awk '$1 ~ /^(LOAD|NOTE)$/ { print $2, $5 }')
((end)) || { echo "$label has no segments" >&2 && exit 1; }
chmod u+w "$image"
truncate -s "$end" "$image"
head -c 8 /dev/zero | dd of="$image" bs=1 seek=40 conv=notrunc status=none
head -c 4 /dev/zero | dd of="$image" bs=1 seek=60 conv=notrunc status=none
size=$(stat -L -c %s "$image")
((budget && size > budget)) || exit 0
# Beside this script in Bazel's runfiles as in the tree.
largest=$("$(dirname "$(readlink -f "$0")")/size.sh" --largest 3 "$image" "$debug")
echo "$label has $size bytes, $((size - budget)) more than its budget of $budget; the largest parts are $largest." \
    "\`./atman size $label\` shows all." >&2
exit 1
