# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# The C library as a program meets it on real Xen: the kernel checks itself and says what held.

# types TEXT: the keys that a user presses at `xl console`, return and backspace among them.
types() {
    printf %s "$1" >"$(xenstore-read "/local/domain/${guest_id:?}/console/tty")"
}

Program_ChecksItself_AllHolds() {
    guest_start libc "cmdline='\"COLOUR=deep blue\" word'"
    console_has listening 60
    types $'answer 42\r'
    types $'edXX\x7f\x7fited\r'
    guest_ends poweroff
    console_lacks FAILED
    console_has "time $(date -u +%Y-%m-%d)"
    console_has 'ok fgets'
    console_has 'atexit was here'
}
