# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# files.sh, to be sourced by the checks, which run at the root of the tree.
#
#   all_files        the project's files, one a line: not what Bazel, git or the user leaves beside them
#   c_files          those that are C
#   cxx_files        those that are C++, headers of tests and fakes among them

all_files() {
    find . \( -name '.?*' -o -name 'bazel-*' -o -name user.bazelrc -o -path ./release \) -prune -o -type f -print |
        sed 's|^\./||' | LC_ALL=C sort
}

# A header is C++ if it says so by what it uses.
cxx_headers() {
    all_files | grep '\.h$' | xargs -d '\n' grep -lE '^(namespace|class|template)|std::|"gtest/'
}

cxx_files() {
    { all_files | grep '\.cc$' && cxx_headers; } | LC_ALL=C sort
}

c_files() {
    LC_ALL=C comm -23 <(all_files | grep '\.[ch]$') <(cxx_headers | LC_ALL=C sort)
}
