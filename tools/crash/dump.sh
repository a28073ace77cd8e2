# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# dump.sh, to be sourced by crash.sh: what a guest with a capsule that did not report its end was doing, from the file
# that `xl dump-core` wrote. So ends a stack overflow: Xen cannot enter a guest without a stack.
#
#   dump_tell            the text that the guest would have written; fails when $file lacks what it takes
#
# The dump's format: docs/misc/dump-core-format.txt of Xen. $file and $debug are crash.sh's.

# Of struct vcpu_guest_context and vcpu_info: <xen/arch-x86/xen.h>, <xen/xen.h>.
readonly CONTEXT_RBP=552 CONTEXT_RIP=648 CONTEXT_RSP=672 TIME_MUL=56 TIME_SHIFT=60
# Of `capsule` and its events: platforms/xen_pv/src/capsule.c.
readonly CAPSULE_COUNT=4112 CAPSULE_EVENTS=4120 EVENT_WORDS=6 EVENTS=16
readonly BACKTRACE_MAX=32

# file_word OFFSET [SIZE]: the number there in the file.
file_word() {
    echo "0x$(od -A n -t "x${2:-8}" -j "$1" -N "${2:-8}" "$file" | tr -d ' ')"
}

# section NAME [size]: where it begins in the file, or how many bytes it has.
section() {
    local column=4 number
    [[ -z ${2:-} ]] || column=5
    number=$(awk -v name="$1" -v column=$column '$1 == name { print $column }' <<<"$sections")
    [[ -n $number ]] && echo $((16#$number))
}

# address_of SYMBOL
address_of() {
    local value
    value=$(awk -v name="$1" '$3 == name { print $1 }' <<<"$names")
    [[ -n $value ]] && echo $((16#$value))
}

# Pages lie in the file in the order of the list of page numbers, which is theirs unless some have no memory.
load_dump() {
    local number index=0 sections names
    sections=$(readelf -SW "$file" 2>/dev/null | sed 's/^ *\[ *[0-9]*\] *//')
    names=$(nm "$debug")
    pages=$(section .xen_pages) && p2m=$(section .xen_p2m) && context=$(section .xen_prstatus) &&
        shared=$(section .xen_shared_info) && image=$(address_of at_xen_pv_image_start) &&
        stack=$(address_of at_xen_pv_stack) && capsule=$(address_of capsule) || return 1
    while read -r number _; do
        place[number]=$index
        index=$((index + 1))
    done < <(od -A n -v -t d8 -w16 -j "$p2m" -N "$(section .xen_p2m size)" "$file")
    direct=$(words "$(address_of at_xen_pv_direct_base)" 1)
}

# offset_of ADDRESS: leaves in `offset` where the guest's byte lies in the file. Fails when it is nowhere.
offset_of() {
    local base=$image page
    ((direct == 0 || $1 < direct)) || base=$direct
    page=${place[($1 - base) >> 12]:-}
    [[ $page ]] && (($1 >= base)) && offset=$((pages + page * PAGE + $1 % PAGE))
}

# words ADDRESS COUNT: so many words of the guest's, which lie in one page, as 0x...
words() {
    local offset
    offset_of "$1" && od -A n -v -t x8 -w8 -j "$offset" -N $(($2 * 8)) "$file" | sed 's/ */0x/'
}

# string ADDRESS: a few words of the guest's.
string() {
    local offset
    offset_of "$1" && tail -c "+$((offset + 1))" "$file" | head -c 80 | head -z -n 1 | tr -d '\0'
}

dump_backtrace() {
    local frame=$1 record depth
    printf '  backtrace:'
    for ((depth = 0; depth < BACKTRACE_MAX && frame % 16 == 0; depth++)); do
        mapfile -t record < <(words "$frame" 2)
        ((${#record[@]} == 2)) || break
        printf ' 0x%016x' "${record[1]}"
        ((record[0] > frame)) || break
        frame=${record[0]}
    done
    echo
}

# nanoseconds TICKS: as Xen's clock counts them.
nanoseconds() {
    local ns=$((($1 >> 32) * mul + ((($1 & 0xffffffff) >> 1) * mul >> 31)))
    echo $((shift < 0 ? ns >> -shift : ns << shift))
}

# Events have the TSC's number; they are told with how long before the last one they were.
dump_events() {
    local count i at last events
    count=$(words $((capsule + CAPSULE_COUNT)) 1)
    mapfile -t events < <(words $((capsule + CAPSULE_EVENTS)) $((EVENTS * EVENT_WORDS)))
    last=${events[(count - 1) % EVENTS * EVENT_WORDS + 2]}
    for ((i = count > EVENTS ? count - EVENTS : 0; i < count; i++)); do
        at=$((i % EVENTS * EVENT_WORDS)) # what, from where, when, three values
        printf '  trace: %s 0x%016x' "${events[at + 1]}" "$(nanoseconds $((last - events[at + 2])))"
        if ((events[at] == 0)); then
            printf ' hypercall %s %s %s\n' "${events[@]:at + 3:3}"
        else
            printf ' %s %s\n' "$(string "${events[at]}")" "${events[at + 3]}"
        fi
    done
}

dump_tell() {
    local pages p2m context shared image stack capsule direct=0 place=() rsp mul shift
    load_dump || return 1
    rsp=$(file_word $((context + CONTEXT_RSP)))
    mul=$(($(file_word $((shared + TIME_MUL)) 4))) shift=$(($(file_word $((shared + TIME_SHIFT)) 1)))
    shift=$((shift > 127 ? shift - 256 : shift))
    printf 'atman: no report, ended or dumped at  rip %s  rsp %s\n' "$(file_word $((context + CONTEXT_RIP)))" "$rsp"
    ((rsp < stack - PAGE || rsp >= stack + 256)) || echo '  the boot stack is full'
    dump_backtrace "$(file_word $((context + CONTEXT_RBP)))"
    dump_events
}
