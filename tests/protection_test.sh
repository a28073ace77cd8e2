# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# What a guest must not be able to do, and what it says when it dies of it. kernels/misbehave.c does the deeds.

# die_of ACT EXCEPTION: the guest does ACT and ends with reason crash and a report of that exception.
die_of() {
    guest_start misbehave "cmdline=\"$1\""
    guest_ends crash
    console_has "about to $1"
    console_lacks survived
    console_matches "^atman: exception $2  rip 0x[0-9a-f]{16}  rsp 0x[0-9a-f]{16}$"
    console_matches '^  backtrace: 0x[0-9a-f]{16}'
}

# accessed REGEX: the address that faulted.
accessed() {
    console_matches "  cr2 $1"
}

WriteToText_Dies() { die_of write-text '#PF'; }
WriteToRodata_Dies() { die_of write-rodata '#PF'; }
ExecuteData_Dies() { die_of execute-data '#PF'; }
ExecuteStack_Dies() { die_of execute-stack '#PF'; }
ExecuteHeap_Dies() { die_of execute-heap '#PF'; }

ReadPage0_Dies() {
    die_of read-page-0 '#PF'
    accessed 0x0000000000000008
}

CallPage0_Dies() {
    guest_start misbehave 'cmdline="call-page-0"'
    guest_ends crash
    console_lacks survived
    console_matches '^atman: exception #PF  rip 0x0000000000000000'
}

# There is no stack left for a report: Xen itself ends the domain.
OverflowStack_Dies() {
    guest_start misbehave 'cmdline="overflow-stack"'
    guest_ends crash
    console_has 'about to overflow-stack'
    console_lacks survived
}

Divide_IsReported() { die_of divide '#DE'; }
UndefinedInstruction_IsReported() { die_of undefined '#UD'; }
PrivilegedInstruction_IsReported() { die_of privileged '#GP'; }

Report_HasAllRegisters() {
    local register
    die_of undefined '#UD'
    for register in rax rbx rcx rdx rsi rdi rbp r8 r9 r10 r11 r12 r13 r14 r15 err cr2 flg; do
        console_matches "  $register +0x[0-9a-f]{16}"
    done
}

Panic_SaysWhyAndCrashes() {
    guest_start misbehave 'cmdline="panic"'
    guest_ends crash
    console_has 'atman: panic: as the test wants it'
}

Assertion_NamesItsPlace() {
    guest_start misbehave 'cmdline="assertion"'
    guest_ends crash
    console_matches '^atman: panic: .*misbehave\.c:[0-9]+: assertion failed'
}

ExitStatus_IsOnTheConsoleAndCrashes() {
    guest_start misbehave 'cmdline="nothing-that-exists"'
    guest_ends crash
    console_has 'atman: exit status 64'
}
