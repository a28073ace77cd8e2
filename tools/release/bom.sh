#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# bom.sh ROOT NAME VERSION MANIFEST: writes the bill of materials of the release in the folder ROOT, in the JSON form of
# SPDX 2.3: each file with its checksums, the neighbours, and what comes from upstream with its address and checksum.
# archive.sh says what MANIFEST is.
set -euo pipefail
export LC_ALL=C

root=$1 name=$2 version=$3 manifest=$4

mapfile -t files < <(cd "$root" && find . -type f -printf '%P\n' | sort)

# checksums PROGRAM: of all files, in their order. Asked for all at once: a program for each takes longer than all else.
checksums() {
    (cd "$root" && printf '%s\0' "${files[@]}" | xargs -0 "$1" | cut -d' ' -f1)
}
mapfile -t sha1 < <(checksums sha1sum)
mapfile -t sha256 < <(checksums sha256sum)

# What identifies the whole is made of what identifies the files (SPDX 2.3, 7.9).
verification=$(printf '%s\n' "${sha1[@]}" | sort | tr -d '\n' | sha1sum | cut -d' ' -f1)

# pin REPOSITORY ATTRIBUTE: what bazel/repositories.bzl says of it.
pin() {
    awk -v name="$1" -v attribute="$2" -F'"' '
        /_archive\($/ { here = 0 }
        $1 ~ /^ *name = $/ { here = $2 == name }
        here && $1 ~ "^ *" attribute " = $" { print $2 }' bazel/repositories.bzl
}

# package ID NAME VERSION LICENCE LOCATION [SHA256]
package() {
    printf '    {\n      "SPDXID": "SPDXRef-%s",\n      "name": "%s",\n      "versionInfo": "%s",\n' "$1" "$2" "$3"
    printf '      "downloadLocation": "%s",\n      "filesAnalyzed": false,\n      "licenseConcluded": "%s",\n' "$5" "$4"
    if [[ ${6:-} ]]; then
        printf '      "checksums": [{"algorithm": "SHA256", "checksumValue": "%s"}],\n' "$6"
    fi
    printf '      "licenseDeclared": "%s",\n      "copyrightText": "NOASSERTION"\n    }' "$4"
}

upstream() {
    local repository=$1 where licence release
    if [[ $repository == xen_headers ]]; then
        where=$(sed -n 's/^_UPSTREAM = "\(.*\)"/\1/p' bazel/xen_headers.bzl)
        release=${where#*RELEASE-} licence=MIT
        release=${release%%/*}
    else
        where=$(pin "$repository" url)
        release=$(pin "$repository" strip_prefix)
        release=${release##*-}
        licence=$(sed -n 's/^licenses(.*) *# *//p' "third_party/$repository.BUILD")
    fi
    [[ $where && $release && $licence ]] || { echo "nothing is known of $repository" >&2 && exit 1; }
    package "${repository//_/-}" "$repository" "$release" "$licence" "$where" "$(pin "$repository" sha256)"
}

# What comes from upstream. atman_build only says where each is, for those that want it.
repositories() {
    if [[ $name == build ]]; then
        { awk -F'"' '/upstream_archive\($/ { getline; print $2 }' bazel/repositories.bzl && echo xen_headers; } | sort
    else
        sed -n 's/^upstream //p' "$manifest" | sort -u
    fi
}

# relate ELEMENT HOW ELEMENT: one more line of `relations`.
relations=
relate() {
    relations+="${relations:+,$'\n'}    {\"spdxElementId\": \"$1\", \"relationshipType\": \"$2\","
    relations+=" \"relatedSpdxElement\": \"$3\"}"
}

cat <<END
{
  "spdxVersion": "SPDX-2.3",
  "dataLicense": "CC0-1.0",
  "SPDXID": "SPDXRef-DOCUMENT",
  "name": "atman_$name-$version",
  "documentNamespace": "https://spdx.org/spdxdocs/atman_$name-$version-$verification",
  "creationInfo": {
    "created": "1970-01-01T00:00:00Z",
    "creators": ["Organization: Atman"],
    "comment": "The time is fixed, so that equal sources give equal bytes."
  },
  "packages": [
    {
      "SPDXID": "SPDXRef-Package",
      "name": "atman_$name",
      "versionInfo": "$version",
      "downloadLocation": "NOASSERTION",
      "filesAnalyzed": true,
      "packageVerificationCode": {"packageVerificationCodeValue": "$verification"},
      "licenseConcluded": "ISC",
      "licenseInfoFromFiles": ["ISC"],
      "licenseDeclared": "ISC",
      "copyrightText": "NOASSERTION"
    }
END
relate SPDXRef-DOCUMENT DESCRIBES SPDXRef-Package
while read -r use used _; do
    [[ $use ]] || continue
    printf '    ,\n' && package "atman-$use" "atman_$use" "$used" ISC NOASSERTION
    if [[ $use == build ]]; then
        relate SPDXRef-atman-build BUILD_TOOL_OF SPDXRef-Package
    else
        relate SPDXRef-Package DEPENDS_ON "SPDXRef-atman-$use"
    fi
done < <(sed -n 's/^use //p' "$manifest")
while read -r repository; do
    [[ $repository ]] || continue
    printf '    ,\n' && upstream "$repository"
    if [[ $name == build ]]; then
        relate "SPDXRef-${repository//_/-}" OPTIONAL_DEPENDENCY_OF SPDXRef-Package
    else
        relate SPDXRef-Package DEPENDS_ON "SPDXRef-${repository//_/-}"
    fi
done < <(repositories)
echo
echo '  ],'
echo '  "files": ['
comma=
for number in "${!files[@]}"; do
    id=SPDXRef-File-$((number + 1))
    printf '%s    {\n      "SPDXID": "%s",\n      "fileName": "./%s",\n' "$comma" "$id" "${files[number]}"
    printf '      "checksums": [\n        {"algorithm": "SHA1", "checksumValue": "%s"},\n' "${sha1[number]}"
    printf '        {"algorithm": "SHA256", "checksumValue": "%s"}\n      ],\n' "${sha256[number]}"
    printf '      "licenseConcluded": "ISC",\n      "licenseInfoInFiles": ["ISC"],\n'
    printf '      "copyrightText": "NOASSERTION"\n    }'
    comma=$',\n'
    relate SPDXRef-Package CONTAINS "$id"
done
printf '\n  ],\n  "relationships": [\n%s\n  ]\n}\n' "$relations"
