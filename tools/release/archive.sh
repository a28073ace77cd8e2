#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# archive.sh OUT NAME VERSION FOLDER MANIFEST FILE...: makes the release archive of a component from its FILEs, with
# FOLDER as the archive's root. Equal files give equal bytes. What it adds: BUILD files with the labels of a module of
# its own, MODULE.bazel, WORKSPACE, a fragment for make, the licence, a bill of materials.
#
# A line of MANIFEST is one of
#     use NAME VERSION LEAST      a neighbour, the version it was built with and the lowest that will do
#     upstream REPOSITORY         sources of others
#     include REPOSITORY FOLDER   for the include path; the REPOSITORY of the component itself is .
#     source REPOSITORY FILE      to be compiled
#     define MACRO
set -euo pipefail
export LC_ALL=C

out=$1 name=$2 version=$3 folder=$4 manifest=$5
shift 5
here=$(dirname "${BASH_SOURCE[0]}")
top=atman_$name-$version

fail() {
    echo "$name's archive: $*" >&2
    exit 1
}

stage=$(mktemp -d "$out.XXXXXX")
trap 'rm -rf "$stage"' EXIT
root=$stage/$top
mkdir "$root"
# What the names link to, and of their modes only whether they are programs.
tar -ch --mode=u+rwX,go+rX,go-w ${folder:+--transform="s|^$folder/||"} -- "$@" | tar -C "$root" -x

# manifest KIND: the rest of its lines.
manifest() {
    sed -n "s/^$1 //p" "$manifest"
}

# In the tree a label begins at the tree's root, in an archive with the module's name.
mapfile -t builds < <(cd "$root" && find . \( -name BUILD -o -name '*.BUILD' -o -name '*.bzl' \) -printf '%P\n' | sort)
for build in "${builds[@]}"; do
    sed -i -E "s|\"//components/$name:|\"//:|g
        s|\"@atman//|\"@atman_build//|g
        s|\"//components/([a-z0-9_]+):|\"@atman_\1//:|g
        s|\"//components/([a-z0-9_]+)\"|\"@atman_\1//:\1\"|g" "$root/$build"
    if [[ $folder ]]; then
        sed -i -E 's#"//(bazel|platforms|third_party)([/:"])#"@atman_build//\1\2#g' "$root/$build"
        # What is left must be its own, or Bazel's.
        ! grep -nE '"//[a-z]' "$root/$build" | grep -vE '"//(conditions|visibility|command_line_option):' ||
            fail "$build has a label that means nothing outside the kit"
    fi
done
# The same goes for a path in an #include.
if [[ $folder ]]; then
    grep -rlE "#include \"$folder/" "$root" | while read -r file; do
        sed -i "s|#include \"$folder/|#include \"|" "$file"
    done || true
    ! grep -rnE '#include "(components|platforms|tests|tools)/.*/' "$root" ||
        fail "it includes by a path that means nothing outside the kit"
fi

# repositories: all whose names begin a label.
repositories() {
    (cd "$root" && grep -ohE '"@[a-z0-9_]+' "${builds[@]}" | cut -c3- | sort -u)
}
for neighbour in $(repositories | sed -n 's/^atman_//p'); do
    manifest use | grep "^$neighbour " >/dev/null || [[ $neighbour == "$name" ]] ||
        fail "its BUILD file names //components/$neighbour, which is not in its \`uses\`"
done

cp --no-preserve=mode LICENSE "$root/LICENSE"
printf '# SPDX-License-Identifier: ISC\nworkspace(name = "atman_%s")\n' "$name" >"$root/WORKSPACE"
{
    echo '# SPDX-License-Identifier: ISC'
    printf 'module(\n    name = "atman_%s",\n    version = "%s",\n)\n\n' "$name" "$version"
    grep '^bazel_dep(' MODULE.bazel
    manifest use | while read -r use used _; do echo "bazel_dep(name = \"atman_$use\", version = \"$used\")"; done
    if [[ $folder ]]; then
        printf '\nupstream = use_extension("@atman_build//bazel:extensions.bzl", "upstream")\nuse_repo(upstream'
        repositories | sed -E '/^(atman_|bazel_tools|platforms|rules_)/d; s/.*/, "&"/' | tr -d '\n'
        echo ')'
    else
        echo
        sed -n '/^upstream = /,/^$/p' MODULE.bazel
        echo 'register_toolchains("//platforms/xen_pv/toolchain")'
    fi
} >"$root/MODULE.bazel"

# fragment: the component for make.
fragment() {
    local dir=atman_${name}_dir repository path
    # of REPOSITORY: make's word for its folder.
    of() {
        if [[ $1 == . ]]; then echo "\$($dir)"; else echo "\$(ATMAN_${1^^})"; fi
    }
    echo "# SPDX-License-Identifier: ISC"
    echo "# $name $version for make: adds to ATMAN_SOURCES, ATMAN_INCLUDES and ATMAN_DEFINES what to compile, and how."
    manifest use | sed '/^build /d' | while read -r use _ least; do
        echo "# Include $use.mk of atman_$use as well, at $least or a later minor version."
    done
    manifest upstream | sort -u | while read -r repository; do
        echo "# ATMAN_${repository^^} is the folder with $repository, if the compiler does not find it by itself."
    done
    echo "$dir := \$(patsubst %/,%,\$(dir \$(lastword \$(MAKEFILE_LIST))))"
    manifest include | sort -u | while read -r repository path; do
        if [[ $repository == . ]]; then
            echo "ATMAN_INCLUDES += -I$(of .)/$path"
        else
            echo "ATMAN_INCLUDES += \$(if $(of "$repository"),-isystem $(of "$repository")/$path)"
        fi
    done
    manifest define | sort -u | sed 's/^/ATMAN_DEFINES += -D/'
    manifest source | sort -u | while read -r repository path; do
        echo "ATMAN_SOURCES += $(of "$repository")/$path"
    done
}
if [[ $folder ]]; then fragment >"$root/$name.mk"; fi

"$here/bom.sh" "$root" "$name" "$version" "$manifest" >"$stage/bom"
mv "$stage/bom" "$root/bom.spdx.json"

tar -C "$stage" --sort=name --format=ustar --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=u+rwX,go+rX,go-w \
    -cf - "$top" | gzip -n9 >"$stage/archive"
mv "$stage/archive" "$out"
