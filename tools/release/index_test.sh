#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# What index.sh makes of a folder of archives: the checksums in three places are those of the files, each file of the
# registry is what Bazel expects there, and nothing depends on where the folder is. That a WORKSPACE can use
# archives.bzl, tests/consumers shows.
set -uo pipefail

status=0
runfiles=$PWD
verdict() {
    if (($1 == 0)); then echo "PASS $2"; else echo "FAIL $2" && status=1; fi
}

for folder in one other; do
    mkdir -p "$TEST_TMPDIR/$folder"
    for archive; do cp -L "$archive" "$TEST_TMPDIR/$folder/"; done
    tools/release/index.sh "$TEST_TMPDIR/$folder" https://example.org/atman/
done
cd "$TEST_TMPDIR" || exit 1

diff -r one other
verdict $? Index_IsTheSameElsewhere

(cd one && sha256sum --quiet -c SHA256SUMS)
verdict $? Sums_AreTheFiles

mkdir unpacked
for archive in one/*.tar.gz; do
    tar -xf "$archive" -C unpacked
    python3 "$runfiles/tools/release/check_bom.py" "unpacked/$(basename "$archive" .tar.gz)"
    verdict $? "Bom_NamesWhatIsThere: ${archive##*/}"
done

python3 - one <<'END'
import base64, glob, hashlib, json, os, sys

root = sys.argv[1]
archives = sorted(os.path.basename(path) for path in glob.glob(root + "/*.tar.gz"))
text = open(root + "/archives.bzl").read()
seen = []
for path in glob.glob(root + "/registry/modules/*/*/source.json"):
    name, version = path.split("/")[-3:-1]
    source = json.load(open(path))
    archive = source["url"].split("/")[-1]
    content = open(os.path.join(root, archive), "rb").read()
    assert source["url"] == "https://example.org/atman/" + archive, source
    assert source["integrity"] == "sha256-" + base64.b64encode(hashlib.sha256(content).digest()).decode(), archive
    assert source["strip_prefix"] == "{}-{}".format(name, version) == archive[: -len(".tar.gz")], source
    assert hashlib.sha256(content).hexdigest() in text, "archives.bzl has another checksum of " + archive
    module = open(os.path.dirname(path) + "/MODULE.bazel").read()
    assert 'name = "{}",\n    version = "{}"'.format(name, version) in module, module
    metadata = json.load(open(root + "/registry/modules/{}/metadata.json".format(name)))
    assert metadata["versions"] == [version], metadata
    seen.append(archive)
assert sorted(seen) == archives and len(seen) >= 3, seen
json.load(open(root + "/registry/bazel_registry.json"))
END
verdict $? Registry_NamesTheArchives

# Two later versions of the first archive: text would have .10 before .9.
first=$(basename "$(find one -name '*.tar.gz' | sort | head -n 1)" .tar.gz)
name=${first%-*}
cp -r one later
for version in 99.0.9 99.0.10; do
    mkdir "$name-$version"
    tar -xf "one/$first.tar.gz" --strip-components=1 -C "$name-$version"
    tar -czf "later/$name-$version.tar.gz" "$name-$version"
done
(cd "$runfiles" && tools/release/index.sh "$TEST_TMPDIR/later" https://example.org/atman/)
wanted="\"versions\": [\"${first##*-}\", \"99.0.9\", \"99.0.10\"]"
cd "later/registry/modules/$name" || exit 1
grep -qF "$wanted" metadata.json && [[ -f 99.0.9/source.json ]]
verdict $? Registry_KeepsOlderVersions
[[ $(grep -c "name = \"$name\"" ../../../archives.bzl) == 1 ]] && grep -q "$name-99.0.10.tar.gz" ../../../archives.bzl
verdict $? Archives_AreTheNewest
exit $status
