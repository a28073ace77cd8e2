#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# What describe.sh sees of a header and which versions check.sh asks for: a small component, changed in one place at a
# time. A change that goes unnoticed here would go to users without a word.
set -uo pipefail

tools=tools/abi
work=$(mktemp -d "$TEST_TMPDIR/abi.XXXXXX")
status=0

mkdir -p "$work/old/include/atman/toy" "$work/other/include/atman/other"
cat >"$work/other/include/atman/other/other.h" <<'END'
struct at_other {
    int x;
};
END
cat >"$work/old/include/atman/toy/toy.h" <<'END'
#include <atman/other/other.h>
#define AT_TOY_MAX 16
#define AT_TOY_NEVER 0xffffffffffffffffull
#define AT_TOY_NAME "toy"
#define AT_TOY_GONE _Noreturn
enum {
    AT_TOY_GOOD = 1,
};
enum at_toy_state {
    AT_TOY_OPEN,
    AT_TOY_SHUT,
};
struct at_toy_config {
    unsigned size;
    const struct at_other *other;
};
void at_toy_init(struct at_toy_config *config);
int at_toy_seam(int argument);
static inline int at_toy_inline(enum at_toy_state state)
{
    return state == AT_TOY_OPEN;
}
END

# describe FOLDER VERSION: as FOLDER.abi.
describe() {
    "$tools/describe.sh" "$1.abi" toy "$2" "$1/include/atman/toy/toy.h" -- "-I$1/include" "-I$work/other/include"
}

changelog() {
    printf '# Changelog of toy\n\n## %s\n\n**%s**: changed.\n' "$1" "$2" >"$work/CHANGELOG.md"
}

# expect STATUS PATTERN NAME: what check.sh makes of old and new.
expect() {
    local got=0 said
    said=$("$tools/check.sh" "$work/old.abi" "$work/new.abi" "$work/CHANGELOG.md") || got=$?
    said=$(tail -n 1 <<<"$said")
    if ((got == $1)) && [[ $said =~ $2 ]]; then
        echo "PASS $3"
    else
        echo "FAIL $3: status $got instead of $1, or nothing like '$2' in: $said" && status=1
    fi
}

# change NAME EXPECTED SED-SCRIPT: EXPECTED is same, extended or broken.
change() {
    rm -rf "$work/new"
    cp -r "$work/old" "$work/new"
    sed -i "$3" "$work/new/include/atman/toy/toy.h"
    describe "$work/new" 0.1.3
    case $2 in
        same) expect 0 '^$' "$1" ;;
        *) expect 1 "toy's interface was $2 since 0\.1\.3.*: make it 0\.2\.0 " "$1" ;;
    esac
}

describe "$work/old" 0.1.3
changelog 0.1.3 BINARY

change Nothing_IsTheSame same ''
change Comment_IsTheSame same '1i// more'
change Text_IsNoConstant same 's/"toy"/"tin"/'
change NewFunction_Extends extended '$avoid at_toy_more(void);'
change NewInlineFunction_Extends extended '$astatic inline int at_toy_more(void) { return 0; }'
change NewType_Extends extended 's/^struct at_toy_config {/struct at_toy_more {\n int x;\n};\n&/'
change NewConstant_Extends extended 's/^#define AT_TOY_MAX.*/&\n#define AT_TOY_MIN 1/'
change NewWideConstant_Extends extended 's/^#define AT_TOY_MAX.*/&\n#define AT_TOY_HUGE 0x123456789abcdef0ull/'
change NewEnumerator_Extends extended 's/AT_TOY_SHUT,/& AT_TOY_AJAR,/'
change NewAnonymousEnumerator_Extends extended 's/AT_TOY_GOOD = 1,/&\n    AT_TOY_BAD = 2,/'
change FunctionGone_Breaks broken '/at_toy_init/d'
change SeamGone_Breaks broken '/at_toy_seam/d'
change SeamChanged_Breaks broken 's/at_toy_seam(int/at_toy_seam(long/'
change InlineChanged_Breaks broken 's/inline int at_toy_inline/inline long at_toy_inline/'
change MemberAdded_Breaks broken 's/unsigned size;/& unsigned more;/'
change MemberChanged_Breaks broken 's/unsigned size/int size/'
change ConstantChanged_Breaks broken 's/AT_TOY_MAX 16/AT_TOY_MAX 17/'
change ConstantGone_Breaks broken '/AT_TOY_NEVER/d'
change AnonymousEnumeratorChanged_Breaks broken 's/AT_TOY_GOOD = 1/AT_TOY_GOOD = 3/'
change EnumeratorChanged_Breaks broken 's/AT_TOY_SHUT,/AT_TOY_SHUT = 4,/'

# What another component defines is its own affair, unless the layout here depends on it.
cp -r "$work/other" "$work/kept"
sed -i 's/int x;/int x, y;/' "$work/other/include/atman/other/other.h"
change NeighboursType_IsTheSame same ''
cp "$work/kept/include/atman/other/other.h" "$work/other/include/atman/other/other.h"

cp "$work/old.abi" "$work/kept.abi"
rm "$work/old.abi"
expect 3 'is not recorded: run ./atman abi --update toy' NothingRecorded_IsToRecord
mv "$work/kept.abi" "$work/old.abi"

# The other half: the version and the label.
sed -i '/at_toy_seam/d' "$work/new/include/atman/toy/toy.h"
describe "$work/new" 0.2.0
changelog 0.2.0 BINARY
expect 1 'label that \*\*BREAKING\*\* or \*\*SOURCE\*\*' BrokenAndLabelledBinary_Fails
changelog 0.2.0 BREAKING
expect 3 'run ./atman abi --update toy' BrokenAndSaidSo_IsToRecord
describe "$work/new" 0.1.4
expect 1 'make it 0\.2\.0' BrokenInAPatch_Fails
cp "$work/old.abi" "$work/first.abi"
describe "$work/old" 1.4.2
describe "$work/new" 1.5.0
expect 1 'make it 2\.0\.0' BrokenInAMinorAfterOne_Fails
describe "$work/new" 2.0.0
expect 3 'run ./atman abi --update toy' BrokenInAMajor_IsToRecord
cp "$work/first.abi" "$work/new.abi"
expect 1 'older than the recorded 1\.4\.2' OlderVersion_Fails

# form NAME EXPECTED TEXT: what changelog.sh makes of a changelog.
form() {
    local got=0 said
    printf '%b' "$3" >"$work/CHANGELOG.md"
    said=$("$tools/changelog.sh" "$work/CHANGELOG.md" toy 0.2.0) || got=$?
    if [[ $got == $([[ $2 ]] && echo 1 || echo 0) ]] && [[ $said =~ $2 ]]; then
        echo "PASS $1"
    else
        echo "FAIL $1: status $got, said: $said" && status=1
    fi
}

head='# Changelog of toy\n\n'
form Changelog_Good '' "$head## 0.2.0\n\n* **SOURCE**: more.\n\n## 0.1.0\n\nFirst version.\n"
form Changelog_NewestIsNotTheVersion 'the two must be equal' "$head## 0.1.0\n\nFirst version.\n"
form Changelog_NoLabel 'say in 0\.2\.0' "$head## 0.2.0\n\nMore.\n\n## 0.1.0\n\nFirst version.\n"
form Changelog_WrongOrder 'not older' "$head## 0.2.0\n\n**SOURCE**\n\n## 0.10.0\n\nFirst version.\n"
form Changelog_NoVersion 'not "## MAJOR' "$head## 0.2\n"
form Changelog_Empty 'no entry' "$head"
form Changelog_AnothersTitle 'the first line' '# Changelog of tin\n\n## 0.2.0\n'
exit $status
