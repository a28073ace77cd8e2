#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# blocks_test.sh ATMAN XEN_HEADERS GOOGLETEST: what the pages of the checkout that ATMAN is in show: C and C++ is
# compiled, shell is parsed, and every command names a verb and packages that there are. The rest are files at the root
# of upstream repositories, for their headers. That whole kernels are built from their pages, own_work_test sees to.
set -uo pipefail

here=$(dirname "$(readlink -f "$0")")
home=$(dirname "$(readlink -f "$1")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
count=0

folders=(-I"$work/generated" -isystem "$(dirname "$(readlink -f "$2")")/include"
    -isystem "$(dirname "$(readlink -f "$3")")/googletest/include")
cd "$home" || exit 1
for folder in components/*/include components/*/testing/include platforms/*/include; do folders+=("-I$folder"); done

# What rules of Bazel's write.
mkdir "$work/generated" "$work/blocks"
cat >"$work/generated/greeter.h" <<'END'
#include <atman/tls/credentials.h>
extern const struct at_tls_credentials greeter;
END

fail() {
    echo "FAIL $1"
    sed 's/^/    /' "$work/log"
    status=1
}

# is_built BLOCK: a BUILD file's text that own_work_test or tests/consumers builds, or that is one of the tree's but for
# names of files and targets.
is_built() {
    [[ $1 != *docs_howto_take-one-component* ]] || return 0
    ! grep -qE '^atman_kernel\(|kernels = \[":' "$1" || return 0
    python3 -c '
import glob, re, sys

def shape(text):
    text = "".join(line for line in text.splitlines(True) if not line.startswith(("load(", "#")))
    text = re.sub(r"\"([^\"]*)\"", lambda name: name[0] if name[1].startswith("//") else "NAME", text)
    return re.sub(r"\s+", " ", re.sub(r"#.*", "", text)).strip()

block = shape(open(sys.argv[1]).read()).rstrip(" )")
trees = glob.glob("*/BUILD") + glob.glob("*/*/BUILD")
sys.exit(not block or not any(block in shape(open(path).read()) for path in trees))
' "$1" || { echo "no BUILD file of the tree has this, and no test builds it" && return 1; }
}

pages() {
    find . \( -name '.?*' -o -name 'bazel-*' -o -path ./release \) -prune -o -name '*.md' -print | sed 's|^\./||' | sort
}

mapfile -t all < <(pages)
"$here/blocks.sh" "$work/blocks" "${all[@]}"
for block in "$work"/blocks/*; do
    count=$((count + 1))
    case $block in
        *.c) gcc -std=gnu11 -fsyntax-only -Wall -Wno-unused "${folders[@]}" "$block" ;;
        *.cpp) g++ -std=c++17 -fsyntax-only -Wall -Wno-unused "${folders[@]}" -x c++ "$block" ;;
        *.sh | *.bash) bash -n "$block" ;;
        *.python) is_built "$block" ;;
        *.make | *.none | *.text) true ;;
        *) echo "no page has blocks in this language" && false ;;
    esac >"$work/log" 2>&1 || fail "${block##*/}"
done
echo "$count blocks of ${#all[@]} pages"

# Commands, in blocks and in indented lines: the verb, and the packages of labels that are not the reader's own.
commands=0
while IFS=: read -r page line command; do
    commands=$((commands + 1))
    : >"$work/log"
    if [[ $command == *./atman\ [a-z]* ]]; then
        verb=${command#*./atman }
        verb=${verb%%[^a-z]*}
        [[ -f tools/atman/$verb.sh ]] || { echo "there is no verb $verb" >"$work/log" && fail "$page:$line"; }
    fi
    for label in $(grep -oE '(^| )//[a-z][a-z0-9_/]*' <<<"$command"); do
        label=${label#//}
        label=${label%/}
        [[ $label == mine* || -e $label/BUILD || -d $label ]] ||
            { echo "there is no package //$label" >"$work/log" && fail "$page:$line"; }
    done
done < <(grep -nE '^(    )?(\./atman|bazel (build|test|run)) ' "${all[@]}")
echo "$commands commands"

# Links to files.
links=0
while IFS=: read -r page line link; do
    links=$((links + 1))
    [[ -e $(dirname "$page")/${link%%#*} ]] || { echo "there is no $link" >"$work/log" && fail "$page:$line"; }
done < <(grep -noE '\]\([^)# ][^) ]*\)' "${all[@]}" | sed 's/:\](/:/; s/)$//' | grep -vE ':(https?|mailto):')
echo "$links links"
((count > 30 && commands > 10)) || { echo "FAIL that cannot be all" && status=1; }
exit $status
