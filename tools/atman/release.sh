# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# release.sh: `atman release`.
# shellcheck disable=SC2154 # `labels` is from bazel.sh

# shellcheck source=tools/atman/bazel.sh
. "$ATMAN_HOME/tools/atman/bazel.sh"

help_release() {
    cat <<'END'
Usage: ./atman release [--to FOLDER] [--url URL] [COMPONENT...]

Makes an archive of each component, or of those named (xenstore netfront) and what they use: a Bazel module, with a
fragment for make, tests, changelog, licence and bill of materials (SPDX). Equal sources give equal bytes. FOLDER, which
is release/ unless you say otherwise, keeps the versions that it has, and gets besides
    archives.bzl    defines the newest of each component for a WORKSPACE
    registry/       for a MODULE.bazel and --registry=file://FOLDER/registry: all versions
    SHA256SUMS
URL is where the archives will be found; unless you say otherwise they stay in FOLDER. docs/howto/take-one-component.md
says what to do with them.
END
}

verb_release() {
    local to=$ATMAN_HOME/release url= name names=() archive archives there
    while (($#)); do
        case $1 in
            --to | --url)
                [[ ${2:-} ]] || misuse "$1 wants a value"
                if [[ $1 == --to ]]; then to=$2; else url=$2; fi
                shift
                ;;
            -*) misuse "release does not know $1 (./atman release --help)" ;;
            *) names+=("$1") ;;
        esac
        shift
    done
    for name in "${names[@]}"; do
        [[ -f $ATMAN_HOME/components/$name/BUILD ]] || misuse "there is no component '$name' in components/"
    done
    enter_work
    ensure_packages
    query "attr(tags, atman-release, //components/... + //tools/release/...)"
    # shellcheck disable=SC2086 # one word for each label
    set -- $labels
    if ((${#names[@]})); then
        set -- //tools/release:build.release
        for name in "${names[@]}"; do set -- "$@" "//components/$name:$name.release"; done
    fi
    build "$@"
    mkdir -p "$to" || fail "$to cannot be made"
    to=$(cd "$to" && pwd)
    archives=$(released "$@")
    while read -r archive; do
        there=$to/${archive##*/}
        [[ ! -f $there ]] || cmp -s "$there" "$ATMAN_HOME/$archive" ||
            say "${there##*/} has other contents than before, under the same version"
        install -m 644 "$ATMAN_HOME/$archive" "$to/"
        echo "$there"
    done <<<"$archives"
    "$ATMAN_HOME/tools/release/index.sh" "$to" "${url:-file://$to}"
    ((EUID)) || chown -R --reference="$ATMAN_HOME" "$to"
}

# released LABEL...: the archives that building them left, one a line.
released() {
    local all=$*
    in_checkout bazel aquery --noshow_progress --output=text "mnemonic(AtmanRelease, deps(${all// / + }))" \
        2>"$work/aquery.log" |
        sed -nE 's/^ *Outputs: \[(.*)\]$/\1/p' | sort -u
}
