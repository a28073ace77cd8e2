#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# house.sh finds what it is there for: a small tree that keeps to the rules, broken in one way after another.
set -uo pipefail

status=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/house"
cp tools/house/{house.sh,files.sh} "$work/house"
: >"$work/house/ratchet.txt"

# A tree of one component.
plant() {
    : >"$work/house/exceptions.txt"
    rm -rf "$work/tree" && mkdir -p "$work"/tree/components/{mm/{include/atman/mm,src,tests},xen}
    cd "$work/tree/components" || exit 1
    rmdir xen
    { echo '# mm' && printf '\n%.0s' {1..50} && printf '```c\n```\n'; } >mm/README.md
    touch mm/DESIGN.md mm/CHANGELOG.md
    echo '# SPDX-License-Identifier: ISC' >mm/BUILD
    printf '/* SPDX-License-Identifier: ISC */\nint at_mm_it(void);\n' >mm/include/atman/mm/mm.h
    printf '/* SPDX-License-Identifier: ISC */\n#include <atman/mm/mm.h>\n' >mm/src/mm.c
    echo '// SPDX-License-Identifier: ISC' >mm/tests/mm_test.cc
    cd "$work" || exit 1
}

# finds PATTERN COMMAND: after the command, run in the component's folder, house.sh says just this.
finds() {
    local said
    plant
    (cd tree/components/mm && eval "$2")
    said=$(house/house.sh tree 2>&1)
    if [[ $said == *$'\n'* ]] || ! grep -qE -- "$1" <<<"$said"; then
        echo "FAIL after '$2': nothing but '$1' was to be said: $said" && status=1
    else
        echo "PASS $1"
    fi
}

finds '^house: 7 files keep to the rules$' true
finds 'mm: there is no DESIGN.md' 'rm DESIGN.md'
finds 'mm: there is no test' 'rm tests/mm_test.cc'
finds 'notes.txt: a component has no such file' 'touch notes.txt'
finds 'README.md: [0-9]+ lines, and a README has' 'printf "\\n%.0s" {1..100} >>README.md'
finds 'README.md: there is no example' 'sed -i "s/^.*c\$//" README.md'
finds 'mm.c: 0 SPDX lines' 'sed -i 1d src/mm.c'
finds 'mm.c:1: the licence is not ISC' 'sed -i "1s/ISC/MIT/" src/mm.c'
finds 'mm.c: 402 lines, and 400' 'printf "\\n%.0s" {1..400} >>src/mm.c'
finds 'mm.h: 252 lines, and 250' 'printf "\\n%.0s" {1..250} >>include/atman/mm/mm.h'
finds 'mm.c:3: 121 columns' 'printf "%121s\n" x >>src/mm.c'
finds 'mm.c:3: a tab' 'printf "\tx;\n" >>src/mm.c'
finds 'mm.c:3: a blank at the end' 'echo "x; " >>src/mm.c'
finds 'nothing is left to be done later' 'echo "/* TO""DO */" >>src/mm.c'
finds 'a path of one machine' 'echo "/* /home/""you/x */" >>src/mm.c'
finds 'mm.c:75: a function of 71 lines' '{ echo "{" && printf "x\\n%.0s" {1..71} && echo "}"; } >>src/mm.c'
finds 'depends on a condition' 'printf "struct a {\n#if B\n#endif\n};\n" >>src/mm.c'
finds 'a public variable' 'echo "extern int at_mm_x;" >>include/atman/mm/mm.h'
finds 'the public name frob does not begin' 'echo "int frob(void);" >>include/atman/mm/mm.h'
finds 'mm is below Xen' 'echo "#include <xen/xen.h>" >>src/mm.c'
finds 'does not see the platform' 'echo "#include <atman/guest.h>" >>src/mm.c'
finds 'only tests include' 'echo "#include <atman/testing/fake.h>" >>src/mm.c'
finds 'mm does not see xenstore' 'echo "#include <atman/xenstore/x.h>" >>src/mm.c'
finds 'mm: it includes headers of nm' \
    'cp -r . ../nm && mv ../nm/include/atman/{mm,nm} && echo "# \"//components/mm\"" >>../nm/BUILD &&
        echo "#include <atman/nm/mm.h>" >>src/mm.c'
finds 'mm uses sched, which docs/architecture.md does not draw below it' \
    'mkdir ../../docs && printf "## Layers and seams\n\n    mm  sched\n    base\n\n" >../../docs/architecture.md &&
        printf "atman_component(\n    uses = {\"//components/sched\": \"0.1\"},\n)\n" >>BUILD'
finds 'this is no more: components/mm: gone' 'echo "components/mm: gone" >"$work/house/exceptions.txt"'
finds 'say what is in it' 'mv src/mm.c src/util.c'
exit $status
