#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# own_work_test.sh ATMAN MACHINE OVERRIDE...: what people make in this tree, in a copy of the checkout that ATMAN is in.
# `atman new component` makes a component that passes every check; every kernel that a page shows, program and BUILD
# file, is built from the page. MACHINE is a booted one, for the test that a page shows; OVERRIDE is NAME=FILE, a
# file at the root of an upstream repository: what the outer Bazel has is not fetched again, and what lies beside it
# neither.
set -uo pipefail

home=$(dirname "$(readlink -f "$1")")
machine=$(readlink -f "$2")
shift 2
work=$(mktemp -d "$TEST_TMPDIR/new.XXXXXX")
# Bazel leaves folders that nobody may write.
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
export HOME=$work
overrides=()
for override; do
    upstream=$(dirname "$(readlink -f "${override#*=}")")
    overrides+=("--override_repository=${override%%=*}=$upstream")
done
for beside in bearssl lwip musl; do
    [[ ! -d $upstream/../$beside ]] || overrides+=("--override_repository=$beside=$(realpath "$upstream/../$beside")")
done
status=0

verdict() {
    if (($1)); then echo "FAIL $2" && cat "$work/log" && status=1; else echo "PASS $2"; fi
}

mkdir "$work/tree"
tar -C "$home" --exclude='./bazel-*' --exclude=./.git --exclude=./.atman -cf - . | tar -C "$work/tree" -xf -
cd "$work/tree" || exit 1
tools/new/component.sh . gauge >"$work/log" 2>&1
verdict $? "a component is made"
! tools/new/component.sh . gauge >"$work/log" 2>&1 && grep -q "there is a component 'gauge' already" "$work/log"
verdict $? "but not twice"
tools/house/house.sh | tee "$work/log" | grep 'components/gauge'
verdict $((!${PIPESTATUS[2]})) "it keeps to the house's rules"
tools/house/format.sh | tee "$work/log" | grep 'components/gauge'
verdict $((!${PIPESTATUS[2]})) "it is formatted"
mkdir "$work/blocks"
mapfile -t pages < <(find . -name '*.md' | sed 's|^\./||')
tests/docs/blocks.sh "$work/blocks" "${pages[@]}" && tests/docs/kernels.sh "$work/blocks" shown >"$work/log" 2>&1
verdict $? "the kernels of the pages are complete"
kernels=$(sed -n 's/ kernels$//p' "$work/log")
((kernels >= 5))
verdict $? "there are $kernels"

mkdir kept && cp "$machine" kept/booted.snapshot && echo 'exports_files(["booted.snapshot"])' >kept/BUILD
bazel --batch --nohome_rc --output_user_root="$work/bazel" test --spawn_strategy=local --noshow_progress --color=no \
    --per_file_copt=^shown/@-Wall,-Werror "${overrides[@]}" \
    --//tools/dom0:kept=//kept:booted.snapshot //components/gauge/... //shown/... >"$work/log" 2>&1
verdict $? "the component's tests pass and those that the pages show, and the kernels build"
grep -qE '//components/gauge:gauge_test .*PASSED' "$work/log"
verdict $? "the component's own test among them"
grep -qE '//shown/.*:words_test .*PASSED' "$work/log"
verdict $? "and the one on real Xen"
exit $status
