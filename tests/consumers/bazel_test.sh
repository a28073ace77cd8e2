#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# bazel_test.sh SECTION OLDEST NEWEST ARCHIVES OVERRIDE...: somebody else's Bazel workspace. It has the files that
# SECTION of docs/howto/take-one-component.md gives, the ARCHIVES, and nothing else of the kit; the section's commands
# build a program on a component and run the component's own tests from its archive.
#
# Needs a Bazel whose major version is OLDEST to NEWEST; without one newer than Debian's it is skipped with a word.
# OVERRIDE is NAME=FILE, a file at the root of an upstream repository: what the outer Bazel has is not fetched again.
set -uo pipefail

. tests/consumers/howto.sh

section=$1 oldest=$2 newest=$3
read -ra archives <<<"$4"
shift 4
work=$(mktemp -d "$TEST_TMPDIR/elsewhere.XXXXXX")
# Bazel leaves folders that nobody may write.
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
export HOME=$work/home

# report: makes Bazel's report of the <testcase>s that it reads.
report() {
    { echo '<testsuites><testsuite name="consumers">' && cat && echo '</testsuite></testsuites>'; } >"$XML_OUTPUT_FILE"
}

skip() {
    echo "SKIP $section: $1"
    echo "<testcase name=\"$section\"><skipped message=\"$1\"/></testcase>" | report
    exit 0
}

# The page names a version that there is.
wanted=$(howto_file "$section" MODULE.bazel | sed -n 's/.*"atman_xenstore", version = "\(.*\)".*/\1/p')
[[ -z $wanted || " ${archives[*]} " == *"/atman_xenstore-$wanted.tar.gz "* ]] ||
    { echo "FAIL $HOWTO names atman_xenstore $wanted, but there is ${archives[*]}" && exit 1; }

# A Bazel that will do. Debian's 4.2.3 does not know its version.
find_bazel() {
    local candidate version known='s/^bazel no_version$/4/p; s/^bazel \([0-9]*\)\..*/\1/p'
    for candidate in bazel bazel-{9..4} bazel-real bazelisk; do
        candidate=$(type -P "$candidate") || continue
        version=$(cd "$work" && "$candidate" --version 2>/dev/null | sed -n "$known")
        if ((${version:-0} >= oldest && ${version:-0} <= newest)); then
            echo "$candidate" && return
        fi
    done
    return 1
}

if ! bazel=$(find_bazel); then
    ((oldest > 4)) || { echo "FAIL there is no Bazel: install bazel-bootstrap (./atman setup does)" && exit 1; }
    skip "no Bazel $oldest or later on this machine"
fi

mkdir -p "$HOME/atman" "$work/bin" "$work/mine"
install -m 644 "${archives[@]}" "$HOME/atman/"
tools/release/index.sh "$HOME/atman" "file://$HOME/atman"

overrides=()
for override; do
    overrides+=("--override_repository=${override%%=*}=$(dirname "$(readlink -f "${override#*=}")")")
done
# Its files stay in the test's folder, and so does it: --batch leaves no server.
cat >"$work/bin/bazel" <<END
#!/bin/sh
command=\$1
shift
exec '$bazel' --batch --nohome_rc --output_user_root='$work/bazel' "\$command" --spawn_strategy=local \\
    --noshow_progress --color=no ${overrides[*]} "\$@"
END
chmod +x "$work/bin/bazel"
PATH=$work/bin:$PATH

readonly WITH_WORKSPACE="With Bazel and a WORKSPACE"
howto_file "$WITH_WORKSPACE" BUILD >"$work/mine/BUILD"
for file in WORKSPACE .bazelrc MODULE.bazel; do
    howto_file "$section" "$file" | sed "s|/home/me|$HOME|" >"$work/mine/$file"
    [[ -s $work/mine/$file ]] || rm "$work/mine/$file"
done
tar -xOf "$HOME"/atman/atman_xenstore-*.tar.gz --wildcards '*/README.md' >"$work/README.md"
readme_example "$work/README.md" >"$work/mine/mine.c"

cd "$work/mine" || exit 1
commands=$(cd "$OLDPWD" && howto_commands "$section")
[[ $commands == *'bazel test @atman_xenstore//...'* ]] || { echo "FAIL the page has no commands" && exit 1; }
if ! bash -euxc "$commands" >"$work/log" 2>&1; then
    if ((oldest >= 7)) && grep 'bcr\.bazel\.build' "$work/log"; then
        skip "Bazel's own registry does not answer"
    fi
    cat "$work/log"
    exit 1
fi
grep -E '^@+atman_xenstore.* PASSED ' "$work/log" || { cat "$work/log" && echo "FAIL no test ran" && exit 1; }
sed -nE 's/^(@+atman_xenstore[^ ]*) +PASSED .*/<testcase name="\1"><\/testcase>/p' "$work/log" | report
