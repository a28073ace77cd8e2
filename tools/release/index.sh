#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# index.sh FOLDER URL: makes a folder of release archives usable, once its files are at URL. Writes
#     archives.bzl   atman_archives(), which defines the newest of each component for a WORKSPACE
#     registry/      for `--registry=file://.../registry` and MODULE.bazel, with all versions
#     SHA256SUMS
set -euo pipefail
export LC_ALL=C

cd "$1"
url=${2%/}
archives=(atman_*.tar.gz)
sha256sum "${archives[@]}" >SHA256SUMS

# Of atman_NAME-VERSION.tar.gz.
name_of() {
    echo "${1%-*}"
}
version_of() {
    local version=${1##*-}
    echo "${version%.tar.gz}"
}

# versions_of NAME: its archives, the newest last.
versions_of() {
    printf '%s\n' "${archives[@]}" | grep -E "^$1-[0-9.]+\.tar\.gz$" | sort -V
}

{
    cat <<END
# SPDX-License-Identifier: ISC
"""Archives of Atman's components for a WORKSPACE; ./atman release writes this file."""

load("@bazel_tools//tools/build_defs/repo:http.bzl", "http_archive")

def atman_archives(url = "$url"):
    """Defines the repositories below.

    Args:
      url: where the archives are; a folder on this machine is file:///...
    """
END
    while read -r sum archive; do
        [[ $archive == "$(versions_of "$(name_of "$archive")" | tail -n 1)" ]] || continue
        cat <<END
    http_archive(
        name = "$(name_of "$archive")",
        sha256 = "$sum",
        strip_prefix = "${archive%.tar.gz}",
        urls = [url + "/$archive"],
    )
END
    done <SHA256SUMS
} >archives.bzl

rm -rf registry
mkdir registry
echo '{}' >registry/bazel_registry.json
while read -r sum archive; do
    name=$(name_of "$archive") version=$(version_of "$archive")
    folder=registry/modules/$name
    mkdir -p "$folder/$version"
    versions=$(versions_of "$name" | while read -r one; do printf '"%s", ' "$(version_of "$one")"; done)
    printf '{\n    "versions": [%s],\n    "yanked_versions": {}\n}\n' "${versions%, }" >"$folder/metadata.json"
    tar -xOf "$archive" "${archive%.tar.gz}/MODULE.bazel" >"$folder/$version/MODULE.bazel"
    # shellcheck disable=SC2059 # the checksum's bytes
    printf '{\n    "url": "%s/%s",\n    "integrity": "sha256-%s",\n    "strip_prefix": "%s"\n}\n' "$url" "$archive" \
        "$(printf "$(sed 's/../\\x&/g' <<<"$sum")" | base64 -w0)" "${archive%.tar.gz}" >"$folder/$version/source.json"
done <SHA256SUMS
