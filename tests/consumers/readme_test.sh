#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# readme_test.sh 'NAME ...' ARCHIVE...: what the README in each component's archive says of taking it into a kernel of
# one's own: the lines for make that it gives are enough, its program compiles, and it names all that the linker misses.
set -uo pipefail
export LC_ALL=C

read -ra names <<<"$1"
shift
work=$(mktemp -d "$TEST_TMPDIR/readme.XXXXXX")
for archive; do tar -xf "$archive" -C "$work"; done
cd "$work" || exit 1
status=0

# section NAME
section() {
    awk '/^## /{ here = $0 == "## In a kernel of your own" } here' atman_"$1"-*/README.md
}

# The line for the Makefile, wherever the text breaks it.
included() {
    section "$1" | tr '\n' ' ' | sed -n 's/.*`\(include $(wildcard [^`]*)\)`.*/\1/p'
}

check() {
    local name=$1 line missing failed=0
    line=$(included "$name")
    # Which archives it takes is all that a README says; base's takes its own.
    echo "${line:-include $(echo atman_"$name"-*)/$name.mk}" >Makefile
    cat >>Makefile <<'END'
CFLAGS = -std=c11 -O2 -fno-pic -Wall -Wextra -Werror -ffreestanding $(ATMAN_INCLUDES) $(ATMAN_DEFINES)
all.o: $(ATMAN_SOURCES:.c=.o) $(PROGRAM)
	$(LD) -r -o $@ $^
END
    section "$name" | awk '/^```/{ if (inside) exit; inside = $0 == "```c"; next } inside' >program.c
    rm -f all.o program.o
    make -s all.o && missing=$(nm --undefined-only --format=just-symbols all.o) || return 1
    for symbol in $missing; do
        [[ $(section "$name") == *"\`$symbol"[\`\(]* || $(section "$name") == *" $symbol("* ]] ||
            { echo "$name's README does not say that $symbol is wanted" && failed=1; }
    done
    [[ ! -s program.c ]] || make -s all.o -B PROGRAM=program.o || failed=1
    return $failed
}

for name in "${names[@]}"; do
    if said=$(check "$name" 2>&1); then
        echo "PASS $name"
    else
        echo "FAIL $name: $said" && status=1
    fi
done
exit $status
