#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# crash.sh FILE DEBUG: what a guest said when it crashed, with names and lines for its addresses. FILE is a log of its
# console, or the file that `xl dump-core` writes, in which the console's last 2 KiB are; DEBUG is the image with
# symbols, which atman_kernel puts beside it. Fails when there is no report, or when the dump is of another build.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

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

is_elf "$debug" || die "$debug is no image with symbols"
id=$(build_id "$debug")
text=(cat)
if is_elf "$file"; then
    text=(strings -n 4)
    if [[ -z $id ]]; then
        echo "crash: $debug has no build id: whether the dump is of this build is not known" >&2
    else
        holds_bytes "$file" "$id" || die "the dump is not of the build $id, which $debug is"
    fi
fi

# symbol ADDRESS: its function and line, with those it is inlined in.
symbol() {
    addr2line -pfie "$debug" "$1" | sed 's/^/      /'
}

reports=0
while IFS= read -r line; do
    case $line in
        'atman: exception '*)
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
        *)
            # Registers, the ledger, an exit status: as they are.
            ((reports == 0)) || printf '%s\n' "$line"
            ;;
    esac
done < <("${text[@]}" "$file" | LC_ALL=C tr -d '\r' | if is_elf "$file"; then
    # Of a dump only what looks like a report.
    LC_ALL=C grep -aE -e '^atman: (exception |panic: |exit status )' -e '^  (err|r15|r12|r9|rbp|rdx|rax) +0x' \
        -e '^  backtrace: ' || true
else
    cat
fi)
((reports > 0)) || die "$file has no report of a crash"
