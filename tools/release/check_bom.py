#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""check_bom.py FOLDER: whether the bill of materials of an unpacked release is SPDX 2.3 and tells the truth.

Checks what the schema of SPDX 2.3 requires of what is used here, that every reference has a target, and every file of
the folder and its checksums.
"""

import hashlib
import json
import os
import re
import sys

DOCUMENT = {"SPDXID", "creationInfo", "dataLicense", "documentNamespace", "files", "name", "packages", "relationships",
            "spdxVersion"}
PACKAGE = {"SPDXID", "copyrightText", "downloadLocation", "filesAnalyzed", "licenseConcluded", "licenseDeclared",
           "name", "versionInfo"}
FILE = {"SPDXID", "checksums", "copyrightText", "fileName", "licenseConcluded", "licenseInfoInFiles"}


def digest(algorithm, path):
    with open(path, "rb") as f:
        return hashlib.new(algorithm.lower(), f.read()).hexdigest()


def problems(root):
    with open(os.path.join(root, "bom.spdx.json"), encoding="ascii") as f:
        bom = json.load(f)
    packages, files = bom.get("packages", []), bom.get("files", [])
    for what, wanted in [(bom, DOCUMENT)] + [(p, PACKAGE) for p in packages] + [(f, FILE) for f in files]:
        for key in wanted - what.keys():
            yield "{} lacks {}".format(what.get("SPDXID"), key)
    if bom["spdxVersion"] != "SPDX-2.3" or bom["dataLicense"] != "CC0-1.0":
        yield "is not SPDX 2.3"
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", bom["creationInfo"]["created"]):
        yield "the time is not one"

    names = [item["SPDXID"] for item in [bom] + packages + files]
    for name in names:
        if not re.fullmatch(r"SPDXRef-[a-zA-Z0-9.-]+", name) or names.count(name) > 1:
            yield "{} is no name of its own".format(name)
    for relation in bom["relationships"]:
        for end in ["spdxElementId", "relatedSpdxElement"]:
            if relation[end] not in names:
                yield "{} is related, but not there".format(relation[end])
    for package in packages:
        for other in package.get("checksums", []):
            if not re.fullmatch(r"[0-9a-f]{64}", other["checksumValue"]):
                yield "{} has a checksum that is none".format(package["name"])
        if not re.fullmatch(r"[A-Za-z0-9.-]+( AND [A-Za-z0-9.-]+)*", package["licenseConcluded"]):
            yield "{} has a licence that is no SPDX expression".format(package["name"])
        if not re.match(r"(https://|NOASSERTION$)", package["downloadLocation"]):
            yield "{} comes from nowhere".format(package["name"])

    there = {os.path.relpath(os.path.join(folder, name), root) for folder, _, names in os.walk(root) for name in names}
    listed = {f["fileName"][2:]: f for f in files}
    for name in sorted(there ^ listed.keys() ^ {"bom.spdx.json"}):
        yield "{} is in the archive or in the list, but not in both".format(name)
    for name in sorted(there & listed.keys()):
        for checksum in listed[name]["checksums"]:
            if digest(checksum["algorithm"], os.path.join(root, name)) != checksum["checksumValue"]:
                yield "{} has another {}".format(name, checksum["algorithm"])
    sums = "".join(sorted(digest("sha1", os.path.join(root, name)) for name in listed))
    code = packages[0]["packageVerificationCode"]["packageVerificationCodeValue"]
    if code != hashlib.sha1(sums.encode()).hexdigest():
        yield "the verification code is another"


def main():
    found = list(problems(sys.argv[1]))
    print("\n".join(found))
    return 1 if found else 0


sys.exit(main())
