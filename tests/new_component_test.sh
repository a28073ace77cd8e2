#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# new_component_test.sh ATMAN OVERRIDE...: `atman new component` makes a component that passes every check, in a copy of
# the checkout that ATMAN is in. OVERRIDE is NAME=FILE, a file at the root of an upstream repository: what the outer Bazel
# has is not fetched again.
set -uo pipefail

home=$(dirname "$(readlink -f "$1")")
shift
work=$(mktemp -d "$TEST_TMPDIR/new.XXXXXX")
# Bazel leaves folders that nobody may write.
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
export HOME=$work
overrides=()
for override; do
    overrides+=("--override_repository=${override%%=*}=$(dirname "$(readlink -f "${override#*=}")")")
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
bazel --batch --nohome_rc --output_user_root="$work/bazel" test --spawn_strategy=local --noshow_progress --color=no \
    "${overrides[@]}" //components/gauge/... >"$work/log" 2>&1
verdict $? "it builds and its tests pass"
grep -qE '//components/gauge:gauge_test +PASSED' "$work/log"
verdict $? "its own test among them"
exit $status
