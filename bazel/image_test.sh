#!/bin/sh
# SPDX-License-Identifier: ISC
# image_test.sh IMAGE DEBUG ABSENT: what every kernel's image must be, read from the file itself. ABSENT is an extended
# regular expression of symbols that must not be in it; empty for none.
set -u
image=$1 debug=$2 absent=$3
failed=0

for file in "$image" "$debug"; do
    [ -s "$file" ] || { echo "FAIL $file is there"; exit 1; }
done

# check WHAT COMMAND...: the command must succeed.
check() {
    what=$1
    shift
    if "$@"; then echo "PASS $what"; else echo "FAIL $what"; failed=1; fi
}

# loaded FILE: the segments and the contents of what is loaded from it, without the ELF header.
loaded() {
    readelf -lW "$1" | sed -n '/Program Headers/,/^$/p' | grep -v '^$'
    readelf -lW "$1" | awk '$1 == "LOAD" { print $2, $5 }' | while read -r offset bytes; do
        tail -c "+$((offset + 1))" "$1" | head -c "$((bytes))" | tail -c "+$((offset == 0 ? 65 : 1))" | sha256sum
    done
}

# Xen's note types (xen/include/public/elfnote.h) of the loader's name, the version and the hypercall page.
notes="8 5 2"
header=$(readelf -hW "$image")
segments=$(readelf -lW "$image")
sections=$(readelf -SW "$debug")

is_executable() { echo "$header" | grep -q 'Type:.*EXEC' && echo "$header" | grep -q 'Machine:.*X86-64'; }
is_static() { ! echo "$segments $sections" | grep -qE ' (INTERP|DYNAMIC|RELA?) '; }
has_no_writable_code() { ! echo "$segments" | grep -qE '^ +(LOAD|GNU_STACK) .* (RWE| WE) '; }
# An entry of the note segment: the name's size, the content's, the type, then "Xen\0".
has_note() {
    echo "$segments" | awk '$1 == "NOTE" { print $2, $5 }' | while read -r offset bytes; do
        tail -c "+$((offset + 1))" "$image" | head -c "$((bytes))" | od -An -v -tx4 -w4 | tr -d ' \n'
    done | grep -q "00000004.\{8\}0000000${1}006e6558"
}
has_one_note_segment() { [ "$(echo "$segments" | grep -cE '^ +NOTE ')" = 1 ]; }
has_no_sections() { echo "$header" | grep -q 'Number of section headers: *0$'; }
ends_with_its_segments() {
    [ "$(stat -L -c %s "$image")" -eq "$(echo "$segments" | awk '$1 == "LOAD" { print $2, $5 }' |
        while read -r offset bytes; do echo $((offset + bytes)); done | sort -n | tail -n 1)" ]
}
has_symbols() {
    [ -n "$(nm "$debug" | grep ' T at_xen_pv_entry$')" ] && readelf -SW "$debug" | grep -q '[.]debug_line'
}
is_the_same_code() { [ "$(loaded "$image")" = "$(loaded "$debug")" ]; }
names_no_build_folder() { ! strings -a "$image" "$debug" | grep -E '/(execroot|sandbox|bazel-out)/|/proc/self/cwd'; }
# Functions that were inlined have no symbol, but the file they came from is among the compilation units.
symbols_and_sources() {
    nm "$debug" | awk '{ print $NF }'
    readelf --debug-dump=info --dwarf-depth=1 "$debug" | sed -n 's/.*DW_AT_name .*: //p'
}
has_none_of() { ! symbols_and_sources | grep -E "$absent"; }

check "is an x86-64 executable" is_executable
check "is linked statically, without relocations" is_static
check "has no segment that is writable and executable" has_no_writable_code
check "has one note segment" has_one_note_segment
for note in $notes; do
    check "keeps Xen's note $note" has_note "$note"
done
check "has no sections, and so no symbols" has_no_sections
check "ends with its segments" ends_with_its_segments
check "has its symbols in .debug" has_symbols
check "is the same code as .debug" is_the_same_code
check "does not tell where it was built" names_no_build_folder
[ -z "$absent" ] || check "has no symbol like $absent" has_none_of
exit $failed
