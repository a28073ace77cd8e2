# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# Nothing in a guest's page tables can be written and executed, by whichever addresses; page 0 and the pages below
# stacks are absent, and what is absent is 0. Read from dom0, so that a guest cannot be wrong about itself.

# audit [ADDRESS]...: the guest started last.
audit() {
    xl pause "${guest_id:?}"
    page_tables "$guest_id" "$@" || fail "the page tables have a fault, or cannot be read: see the log"
}

EveryUseOfMemory() {
    local absent
    guest_start map
    console_matches '^absent 0 '
    absent=$(console | tr -d '\r' | sed -n 's/^absent //p')
    # shellcheck disable=SC2086 # several
    audit $absent
}

Net() {
    guest_start net
    console_has 'IP address'
    audit 0
}

# The auditor itself: it sees a page that is there.
Auditor_FindsAMappedPage() {
    guest_start net
    console_has 'IP address'
    xl pause "${guest_id:?}"
    ! page_tables "$guest_id" 0x40340000 || fail "the auditor overlooks a page"
}
