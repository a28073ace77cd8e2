#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# docs.sh [ROOT] FOLDER: renders the public headers and the pages of the tree as HTML in FOLDER/html, with doxygen. A
# warning of doxygen's is an error.
set -euo pipefail

HERE=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
readonly HERE

root=$HERE/../..
if (($# == 2)); then
    root=$1
    shift
fi
(($# == 1)) || { echo "usage: docs.sh [ROOT] FOLDER" >&2 && exit 2; }
type -P doxygen >/dev/null || { echo "doxygen is not installed: run ./atman setup" >&2 && exit 1; }
mkdir -p "$1"
folder=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"

# The page that a reader meets first: the layers, and every component with its version and its first sentence.
main_page() {
    local component name version
    echo "# Atman: the interfaces"
    echo
    sed -n '/^## Layers and seams/,/^A component depends/p' docs/architecture.md | sed '1d;$d'
    echo
    echo "| component | version | what it is |"
    echo "| --- | --- | --- |"
    for component in components/*/; do
        name=$(basename "$component")
        version=$(sed -n 's/^ *version = "\([0-9.]*\)".*/\1/p' "$component/BUILD" | head -n 1)
        echo "| $name | ${version:-none} | $(sed -n "1s/^# *$name: *//p" "$component/README.md") |"
    done
    echo
    echo "Every public header is under *Files*, every structure under *Data Structures*; the README and the design of"
    echo "each component are among the *Related Pages*."
}

main_page >"$work/main.md"
{
    cat "$HERE/Doxyfile"
    printf 'INPUT ='
    printf ' \\\n    "%s"' "$work/main.md" components/*/include platforms/*/include README.md CONTRIBUTING.md \
        docs {components,platforms}/*/README.md {components,platforms}/*/DESIGN.md
    echo
    echo "RECURSIVE = YES"
    echo "FILE_PATTERNS = *.h *.md"
    echo "USE_MDFILE_AS_MAINPAGE = \"$work/main.md\""
    echo "FILTER_PATTERNS = *.h=\"$HERE/filter.sh\" *.md=\"$HERE/filter.sh\""
    echo "STRIP_FROM_PATH = \"$PWD\""
    echo "OUTPUT_DIRECTORY = \"$folder\""
} >"$work/Doxyfile"
rm -rf "$folder/html"
doxygen "$work/Doxyfile" 2>"$work/log" || { sed "s|^$PWD/||" "$work/log" >&2 && exit 1; }
echo "docs: $(find "$folder/html" -name '*_8h.html' | wc -l) headers, in $folder/html/index.html"
