#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# analyzer.sh EXTERNAL: clang's analyzer over the components' C. EXTERNAL is where Bazel has put upstream sources.
set -euo pipefail

HERE=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
readonly HERE
# shellcheck source=tools/house/files.sh
. "$HERE/files.sh"
cd "$HERE/../.."

# As in .clang-tidy: what the analyzer calls insecure is all of C.
CHECKS=-clang-analyzer-optin.performance.Padding
export CHECKS+=,-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling
mapfile -t folders < <(printf -- '-I%s\n' components/*/include components/*/testing/include platforms/*/include)
# libc and what wraps upstream sources are compiled with those sources' own settings.
c_files | grep -E '^components/.*\.c$' | grep -vE '^components/(libc|ip|tls)/' |
    xargs -d '\n' -P 2 -n 4 sh -c '
        external=$1 folders=$2 && shift 2
        # shellcheck disable=SC2086
        clang-tidy-14 --quiet --checks="-*,clang-analyzer-*,$CHECKS" "$@" -- -std=c11 $folders \
            -isystem "$external/xen_headers/include" 2>/dev/null' analyzer "$1" "${folders[*]}"
echo "analyzer: finds nothing"
