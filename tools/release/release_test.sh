#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# release_test.sh NAME ARCHIVES UPSTREAM -- REMAKE...: what somebody else gets in a component's archive. ARCHIVES are
# the component's and those that it uses, UPSTREAM words for make (ATMAN_XEN_HEADERS=folder); REMAKE is the command that
# made the archive, less the file that it writes.
#
# Compiles the component without Bazel, with gcc and with clang: each source file by itself, and each header by itself
# too; what comes of all of them in one file, which takes a fraction of the time, both compilers say of C and of C++.
set -uo pipefail
export LC_ALL=C

name=$1 upstream=$3
read -ra archives <<<"$2"
shift 4
remake=("$@")
runfiles=$PWD
status=0
work=$(mktemp -d "$TEST_TMPDIR/release.XXXXXX")

for archive in "${archives[@]}"; do
    tar -xf "$archive" -C "$work"
    if [[ ${archive##*/} == atman_"$name"-* ]]; then mine=$archive; fi
done
root=$(echo "$work/atman_$name-"*)

verdict() {
    if (($1 == 0)); then
        echo "PASS $2"
    else
        echo "FAIL $2: ${*:3}" && status=1
    fi
}

# As another user elsewhere would make it.
Archive_IsTheSameElsewhere() {
    cp -rL "$runfiles" "$work/elsewhere" && cd "$work/elsewhere" || return 1
    # By another way to the same folder, with the times of now.
    (umask 077 && TZ=Asia/Tokyo LC_ALL=C.UTF-8 "${remake[0]}" "$work/again.tar.gz" "${remake[@]:1}") || return 1
    cmp "$runfiles/$mine" "$work/again.tar.gz"
}

Archive_IsComplete() {
    local file missing=0
    for file in BUILD CHANGELOG.md LICENSE MODULE.bazel README.md WORKSPACE "$name.mk" bom.spdx.json include tests; do
        [[ -e $root/$file ]] || { echo "there is no $file" && missing=1; }
    done
    return $missing
}

Archive_SaysNothingOfThisMachine() {
    ! tar -tvf "$mine" | grep -v ' 0/0 .* 1970-01-01 00:00 ' || return 1
    ! grep -rlF -e "$runfiles" -e "${HOME:-/nonexistent}/" "$root"
}

Bom_NamesWhatIsThere() {
    python3 tools/release/check_bom.py "$root"
}

# make_says VARIABLE: its value, with the fragments of all archives.
make_says() {
    { printf 'include %s\n' "$work"/*/*.mk && printf 'say: ; @echo $(%s)\n' "$1"; } >"$work/Makefile"
    # shellcheck disable=SC2086 # words for make
    make -s -f "$work/Makefile" $upstream say
}

readonly WARNINGS=(-Wall -Wextra -Wpedantic -Werror)

# Sources_CompileWith COMPILER
Sources_CompileWith() {
    local source options failed=0
    read -ra options <<<"$(make_says ATMAN_INCLUDES) $(make_says ATMAN_DEFINES)"
    for source in $(make_says ATMAN_SOURCES); do
        # Upstream's are compiled as upstream does.
        [[ $source == "$root"/* ]] || continue
        "$1" -std=c11 "${WARNINGS[@]}" "${options[@]}" -c -o "$work/object.o" "$source" || failed=1
    done
    return $failed
}

headers=()
mapfile -t headers < <(cd "$root/include" && find . -name '*.h' -printf '%P\n' | sort)

# includes_compile COMPILER LANGUAGE STANDARD HEADER...: a file that has nothing else.
includes_compile() {
    local options
    read -ra options <<<"$(make_says ATMAN_INCLUDES) $(make_says ATMAN_DEFINES)"
    { printf '#include <%s>\n' "${@:4}" && echo 'typedef int at_not_empty;'; } |
        "$1" -x "$2" "-std=$3" "${WARNINGS[@]}" "${options[@]}" -fsyntax-only -
}

EachHeader_CompilesByItself() {
    local header failed=0
    for header in "${headers[@]}"; do
        includes_compile gcc c c11 "$header" || failed=1
    done
    return $failed
}

# run NAME COMMAND...
run() {
    local said got=0
    said=$("${@:2}" 2>&1) || got=$?
    verdict "$got" "$1" "$said"
}

run Archive_IsTheSameElsewhere Archive_IsTheSameElsewhere
run Archive_IsComplete Archive_IsComplete
run Archive_SaysNothingOfThisMachine Archive_SaysNothingOfThisMachine
run Bom_NamesWhatIsThere Bom_NamesWhatIsThere
run EachHeader_CompilesByItself EachHeader_CompilesByItself
for compiler in gcc clang; do
    run "Sources_CompileWith_$compiler" Sources_CompileWith "$compiler"
    run "Headers_CompileWith_$compiler" includes_compile "$compiler" c c11 "${headers[@]}"
    run "HeadersInCpp_CompileWith_$compiler" includes_compile "$compiler" c++ c++17 "${headers[@]}"
done
exit $status
