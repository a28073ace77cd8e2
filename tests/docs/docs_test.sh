#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# docs_test.sh ATMAN: `atman docs` renders the checkout that ATMAN is in without a warning, and a warning is an error.
set -uo pipefail

home=$(dirname "$(readlink -f "$1")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0

verdict() {
    if (($1)); then echo "FAIL $2" && status=1; else echo "PASS $2"; fi
}

"$home/tools/docs/docs.sh" "$home" "$work/out"
verdict $? "the tree is rendered without a warning"

missing=$(cd "$home" && find components/*/include platforms/*/include -name '*.h' | while read -r header; do
    name=$(basename "$header" .h | sed 's/_/__/g')
    compgen -G "$work/out/html/$name"'_8h.html' >/dev/null ||
        compgen -G "$work/out/html/*_2$name"'_8h.html' >/dev/null || echo "$header"
done)
[[ -z $missing ]]
verdict $? "every public header has a page $missing"
grep -q 'L3  xenstore' "$work/out/html/index.html"
verdict $? "the first page has the layers"
grep -rqE 'finding the next deadline cost' "$work/out/html"
verdict $? "plain comments are documentation"

# A little tree with a mistake in it.
mkdir -p "$work"/tree/{components/x/include,platforms/y/include,docs}
cp "$home/docs/architecture.md" "$work/tree/docs"
echo '# x: it' | tee "$work"/tree/{README,CONTRIBUTING}.md "$work"/tree/components/x/{README,DESIGN,BUILD}.md \
    "$work"/tree/platforms/y/{README,DESIGN}.md >"$work/tree/components/x/BUILD"
printf '/* SPDX-License-Identifier: ISC */\n/* A header. */\n/* x is `good`. */\nint x(void);\n' \
    >"$work/tree/components/x/include/x.h"
"$home/tools/docs/docs.sh" "$work/tree" "$work/little" >"$work/log" 2>&1
verdict $? "a little tree is rendered"
sed -i 's/good/bad` \&nosuchthing; `/' "$work/tree/components/x/include/x.h"
! "$home/tools/docs/docs.sh" "$work/tree" "$work/little" >"$work/log" 2>&1
verdict $? "a warning is an error"
grep -q '^components/x/include/x.h:[0-9]*: ' "$work/log"
verdict $? "it says where"
exit $status
