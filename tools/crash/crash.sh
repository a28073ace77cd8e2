#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# crash.sh FILE DEBUG: what a guest said when it crashed, with names and lines for its addresses. FILE is a log of its
# console, or the file that `xl dump-core` writes: of that, the capsule of a guest that has one (<atman/guest_crash.h>),
# else the console's last 2 KiB; if the capsule is empty, where the guest stood and its last events. DEBUG is the image
# with symbols, which atman_kernel puts beside it. Fails when there is no report, or when it is of another build, as far
# as FILE says which.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

# shellcheck source=tools/crash/dump.sh
. "$(dirname "${BASH_SOURCE[0]}")/dump.sh"
readonly PAGE=4096 FIRST_LINE='atman capsule 2'
# By number: <xen/xen.h>.
declare -rA HYPERCALLS=([0]=set_trap_table [1]=mmu_update [12]=memory_op [13]=multicall [14]=update_va_mapping
    [18]=console_io [20]=grant_table_op [21]=vm_assist [24]=vcpu_op [25]=set_segment_base [26]=mmuext_op [29]=sched_op
    [32]=event_channel_op)

file=$1 debug=$2

die() {
    echo "crash: $*" >&2
    exit 1
}

is_elf() {
    [[ $(head -c 4 "$1" | tr -d '\0') == $'\x7fELF' ]]
}

# The build id as hexadecimal digits.
build_id() {
    readelf -n "$1" 2>/dev/null | sed -n 's/^ *Build ID: *//p'
}

# holds_bytes FILE DIGITS: the bytes are somewhere in the file.
holds_bytes() {
    # shellcheck disable=SC2001 # sed is plainer here
    LC_ALL=C grep -qaP "$(sed 's/../\\x&/g' <<<"$2")" "$1"
}

# The text of the capsule in a dump, with nothing but zeros behind it in its page. The words that it begins with are
# among the guest's constants as well: there the build id does not follow.
capsule() {
    local offset text
    while IFS=: read -r offset _; do
        text=$(tail -c "+$((offset + 1))" "$file" | head -c $PAGE | tr -d '\0')
        if [[ $text =~ ^"$FIRST_LINE"$'\n  build: '[0-9a-f]{40}($'\n'|$) ]]; then
            printf '%s' "${text#*$'\n'}"
            [[ $text == *$'\n'*$'\n'* ]] || { echo && dump_tell || true; }
            return
        fi
    done < <(LC_ALL=C grep -abo "$FIRST_LINE" "$file")
    return 1
}

# Of a dump without one only what looks like a report.
console_in_dump() {
    if [[ -z $id ]]; then
        echo "crash: $debug has no build id: whether the dump is of this build is not known" >&2
    else
        holds_bytes "$file" "$id" || die "the dump is not of the build $id, which $debug is"
    fi
    strings -n 4 "$file" | LC_ALL=C tr -d '\r' | LC_ALL=C grep -aE \
        -e '^atman: (exception .* rip 0x|panic: .|exit status -?[0-9])' \
        -e '^  (err|r15|r12|r9|rbp|rdx|rax) +0x' -e '^  backtrace: ' || true
}

# look_up ADDRESS: leaves in `lines` its function and line, then those it is inlined in. One process is asked for all,
# as it takes long to begin; an address that is nowhere shows where its answer ends.
declare -A found
look_up() {
    local line nowhere=0xffffffffffffffff
    if [[ -z ${found[$1]:-} ]]; then
        printf '%s\n' "$1" $nowhere >&"${ADDR2LINE[1]}"
        while IFS= read -r line <&"${ADDR2LINE[0]}" && [[ $line != $nowhere:* ]]; do
            found[$1]+=${line#0x*: }$'\n'
        done
    fi
    mapfile -t lines <<<"${found[$1]%$'\n'}"
}

# symbol ADDRESS: prints them.
symbol() {
    local lines
    look_up "$1"
    printf '      %s\n' "${lines[@]}"
}

# find_caller RETURN_ADDRESS: leaves in `caller` the function and line of the call that it returns behind.
find_caller() {
    local lines
    look_up "$(printf '0x%x' $(($1 - 1)))"
    caller=${lines[0]}
}

# ago NANOSECONDS: in milliseconds, of an unsigned number that is all ones when nobody knows.
ago() {
    local ns=$(($1))
    if ((ns < 0)); then echo '?'; else printf '%d.%06d' $((ns / 1000000)) $((ns % 1000000)); fi
}

# trace FROM NANOSECONDS WHAT VALUE...: one event, on a line.
trace() {
    local before what=$3 number
    before=$(ago "$2")
    find_caller "$1"
    shift 3
    if [[ $what == hypercall && $# == 3 ]]; then
        number=$(($1))
        what="${HYPERCALLS[$number]:-hypercall $number} $(printf '0x%x = %d' "$2" "$(($3))")"
    else
        what="$what $*"
    fi
    printf '  trace: -%s ms  %s  by %s\n' "$before" "$what" "$caller"
}

is_elf "$debug" || die "$debug is no image with symbols"
id=$(build_id "$debug")
if ! is_elf "$file"; then
    text=$(LC_ALL=C tr -d '\r\0' <"$file")
elif ! text=$(capsule); then
    text=$(console_in_dump)
fi

coproc ADDR2LINE { addr2line -pfiae "$debug"; }
reports=0
while IFS= read -r line; do
    case $line in
        '  build: '*)
            [[ -z $id || ${line#*: } == "$id" ]] || die "$file is not of the build $id, which $debug is"
            ;;
        'atman: exception '* | 'atman: no report, '*)
            reports=$((reports + 1))
            printf '%s\n' "$line"
            rip=${line#* rip }
            symbol "${rip%% *}"
            ;;
        'atman: panic: '*)
            reports=$((reports + 1))
            printf '%s\n' "$line"
            ;;
        *' backtrace: '*)
            printf '%s\n' "$line"
            for address in ${line#*backtrace: }; do
                printf '    %s\n' "$address"
                symbol "$(printf '0x%x' $((address - 1)))" # of the call, which it returns behind
            done
            ;;
        '  trace: 0x'*)
            read -r -a words <<<"${line#*: }"
            trace "${words[@]}"
            ;;
        *)
            # Registers, the ledger, an exit status: as they are.
            ((reports == 0)) || printf '%s\n' "$line"
            ;;
    esac
done <<<"$text"
((reports > 0)) || die "$file has no report of a crash"
