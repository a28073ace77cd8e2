# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# abi.sh: `atman abi`.
# shellcheck disable=SC2154 # `labels` is from bazel.sh

# shellcheck source=tools/atman/bazel.sh
. "$ATMAN_HOME/tools/atman/bazel.sh"

help_abi() {
    cat <<'END'
Usage: ./atman abi [--update] [COMPONENT...]

Compares the public interface of the components, or of those named (mm xenstore), with what is recorded in
components/NAME/abi/NAME.abi: functions, layouts of structures, constants. Says what changed and whether the version in
the component's BUILD file and its CHANGELOG.md say so. With --update, records what they allow.
END
}

verb_abi() {
    local update= label name names=() worst=0
    while (($#)); do
        case $1 in
            --update) update=1 ;;
            -*) misuse "abi does not know $1 (./atman abi --help)" ;;
            *) names+=("$1") ;;
        esac
        shift
    done
    for name in "${names[@]}"; do
        [[ -f $ATMAN_HOME/components/$name/BUILD ]] || misuse "there is no component '$name' in components/"
    done
    enter_work
    ensure_packages
    query "attr(tags, atman-interface, //components/...)"
    # shellcheck disable=SC2086 # one word for each label
    set -- $labels
    if ((${#names[@]})); then
        set --
        for name in "${names[@]}"; do set -- "$@" "//components/$name:$name.abi"; done
    fi
    build "$@"
    for label; do
        name=${label#*:}
        interface "${name%.abi}" "$(built_file "$label")" "$update" || worst=1
    done
    return $worst
}

# interface NAME DESCRIPTION UPDATE
interface() {
    local folder=components/$1 current=$2 recorded verdict=0
    recorded=$folder/abi/$1.abi
    in_checkout tools/abi/check.sh "$recorded" "$current" "$folder/CHANGELOG.md" >"$work/said" || verdict=$?
    if ((verdict == 3)) && [[ $3 ]]; then
        in_checkout mkdir -p "$folder/abi"
        in_checkout cp --no-preserve=mode "$current" "$recorded"
        ((EUID)) || in_checkout chown --reference="$folder" "$folder/abi" "$recorded"
        echo "$recorded: recorded"
        return 0
    fi
    cat "$work/said"
    return $((verdict != 0))
}
