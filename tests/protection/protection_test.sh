# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# What a guest must not be able to do, and what it says when it dies of it. misbehave.c and corrupt.c do the deeds.

kernel=misbehave

# die_of ACT EXCEPTION [ERROR_CODE]: the guest does ACT and ends with reason crash and a report of that exception.
die_of() {
    local code
    printf -v code '%016x' "${3:-0}"
    guest_start $kernel "cmdline=\"$1\""
    guest_ends crash
    console_has "about to $1"
    console_lacks survived
    console_matches "^atman: exception $2  rip 0x[0-9a-f]{16}  rsp 0x000000004[0-9a-f]{7}$"
    console_has "  err 0x$code"
    console_matches '^  backtrace: 0x[0-9a-f]{16}'
}

# reported REGISTER VALUE: in the report; VALUE is a number.
reported() {
    local value
    printf -v value '%016x' "$2"
    console_matches "  $1 +0x$value"
}

# reported_in_image: it was the image's own code that did it.
reported_in_image() {
    console_matches '^atman: exception .*  rip 0x000000004034[0-9a-f]{4}  '
}

# What a page fault's error code says besides "by a guest's kernel": Intel SDM volume 3, section 4.7.
readonly PRESENT=1 WRITE=2 FETCH=16

dies_writing() {
    die_of "$1" '#PF' $((PRESENT | WRITE))
    reported_in_image
}

# What is fetched is where it faults.
dies_executing() {
    die_of "$1" '#PF' $((PRESENT | FETCH))
    [[ $(console) =~ rip\ (0x[0-9a-f]+).*cr2\ (0x[0-9a-f]+) && ${BASH_REMATCH[1]} == "${BASH_REMATCH[2]}" ]] ||
        fail "the fault is not where the guest jumped to"
}

dies_reading_nothing() {
    die_of "$1" '#PF' 0
    reported_in_image
}

WriteToText_Dies() { dies_writing write-text; }
WriteToTextInDirectMap_Dies() { dies_writing write-text-alias; }
WriteToRodata_Dies() { dies_writing write-rodata; }
WriteToRodataInDirectMap_Dies() { dies_writing write-rodata-alias; }
WriteToPageTable_Dies() { dies_writing write-table; }
WriteToPageTableInDirectMap_Dies() { dies_writing write-table-alias; }
WriteToBuildersPageTable_Dies() { dies_writing write-builders-table; }

ExecuteRodata_Dies() { dies_executing execute-rodata; }
ExecuteData_Dies() { dies_executing execute-data; }
ExecuteStack_Dies() { dies_executing execute-stack; }
ExecuteHeap_Dies() { dies_executing execute-heap; }
ExecuteTextInDirectMap_Dies() { dies_executing execute-text-alias; }
ExecuteP2m_Dies() { dies_executing execute-p2m; }
ExecuteSharedInfo_Dies() { dies_executing execute-shared-info; }
ExecuteGrantTable_Dies() { dies_executing execute-grant-table; }
ExecuteWindow_Dies() { dies_executing execute-window; }

ReadPage0_Dies() {
    dies_reading_nothing read-page-0
    reported cr2 8
}

CallPage0_Dies() {
    guest_start misbehave 'cmdline="call-page-0"'
    guest_ends crash
    console_lacks survived
    console_matches '^atman: exception #PF  rip 0x0000000000000000'
}

# What was taken back is gone at once, whatever the TLB remembers.
ReadGuard_Dies() { dies_reading_nothing read-guard; }
ReadBehindImage_Dies() { dies_reading_nothing read-behind-image; }
ReadUnmappedPage_Dies() { dies_reading_nothing read-unmapped-page; }
ReadUnmappedPages_Dies() { dies_reading_nothing read-unmapped-pages; }
WriteToProtectedPage_Dies() { dies_writing write-protected-page; }
WriteToProtectedPages_Dies() { dies_writing write-protected-pages; }

# An image of several level-1 tables is no different.
LargeImage_IsProtected() {
    local act
    kernel=misbehave_large
    for act in write-text-alias write-table; do
        dies_writing $act
        guest_destroy
    done
    for act in execute-data execute-heap; do
        dies_executing $act
        guest_destroy
    done
    for act in read-guard read-behind-image read-behind-tables; do
        dies_reading_nothing $act
        guest_destroy
    done
}

GrantOfWindowPage_Panics() {
    guest_start misbehave 'cmdline="grant-window"'
    guest_ends crash
    console_lacks survived
    console_matches '^atman: panic: .*frame\.c'
}

# There is no stack left for a report: Xen itself ends the domain.
OverflowStack_Dies() {
    guest_start misbehave 'cmdline="overflow-stack"'
    guest_ends crash
    console_has 'about to overflow-stack'
    console_lacks survived
    console_lacks 'atman: '
    xl dmesg | grep "Domain ${guest_id:?} (vcpu#0) crashed" || fail "xl dmesg does not show who ended the domain"
}

# dies_reported ACT EXCEPTION [ERROR_CODE]: an exception of an instruction of the image.
dies_reported() {
    die_of "$@"
    reported_in_image
}

Divide_IsReported() { dies_reported divide '#DE'; }
SingleStep_IsReported() { dies_reported step '#DB'; }
Breakpoint_IsReported() { dies_reported breakpoint '#BP'; }
UndefinedInstruction_IsReported() { dies_reported undefined '#UD'; }
PrivilegedInstruction_IsReported() { dies_reported privileged '#GP'; }
ErrorCode_IsReported() { dies_reported load-segment '#GP' 0x1230; }
X87Division_IsReported() { dies_reported divide-x87 '#MF'; }

# The last one, a wild frame pointer, ends the backtrace before it began.
Report_HasAllRegisters() {
    local register
    guest_start misbehave 'cmdline="registers"'
    guest_ends crash
    reported_in_image
    for register in rax=0xfa rbx=0xfb rcx=0xfc rdx=0xfd rsi=0xf1 rdi=0xf2 rbp=0xf3 r8=0xf8 r9=0xf9 r10=0xf10 r11=0xf11 \
        r12=0xf12 r13=0xf13 r14=0xf14 r15=0xf15 err=0 cr2=0; do
        reported "${register%=*}" "${register#*=}"
    done
    console_matches '  flg 0x0000000000000[0-9a-f]{3}'
    console_matches '^  backtrace:$'
}

# The platform's start called main, main the act. (What faults has no frame of its own if it calls nothing.)
Backtrace_NamesTheCallers() {
    dies_reported divide-x87 '#MF'
    console_matches '^  backtrace:( 0x000000004034[0-9a-f]{4}){2}$'
}

FramePointerThatLeadsNowhere_EndsTheReport() {
    local act
    for act in unaligned-frame guard-frame; do
        guest_start misbehave "cmdline=\"$act\""
        guest_ends crash
        console_matches '^  backtrace:$'
        guest_destroy
    done
}

FrameThatIsItsOwnCaller_EndsTheReport() {
    guest_start misbehave 'cmdline="endless-frame"'
    guest_ends crash
    console_matches '^  backtrace: 0x000000004034[0-9a-f]{4}$'
}

Panic_SaysWhyAndCrashes() {
    guest_start misbehave 'cmdline="panic"'
    guest_ends crash
    console_has 'atman: panic: as the test wants it'
    console_matches '^  backtrace:( 0x000000004034[0-9a-f]{4}){2,5}$'
}

Assertion_NamesItsPlace() {
    guest_start misbehave 'cmdline="assertion"'
    guest_ends crash
    console_matches '^atman: panic: .*misbehave\.c:[0-9]+.?$'
}

# dies_of_panic KERNEL ACT REASON
dies_of_panic() {
    guest_start "$1" "cmdline=\"$2\""
    guest_ends crash
    console_lacks survived
    console_has "atman: panic: $3"
}

OverrunBuffer_IsFound() { dies_of_panic corrupt overrun-buffer 'stack overrun'; }
FreeTwice_IsFound() { dies_of_panic corrupt free-twice 'mm: freed an object twice'; }
FreeMiddle_IsFound() { dies_of_panic corrupt free-middle 'mm: freed what is not the start of a live object'; }
WriteToFreeObject_IsFound() { dies_of_panic corrupt write-free 'mm: an object was written to after it was freed'; }

CheckedHeap_FindsOverrunObject() {
    dies_of_panic corrupt_checked overrun-object 'mm: an object was written to beyond its size'
}

CheckedHeap_FindsFreeTwice() { dies_of_panic corrupt_checked free-twice 'mm: freed an object twice'; }

CheckedHeap_FindsWriteToEndOfFreeObject() {
    dies_of_panic corrupt_checked write-free-end 'mm: an object was written to after it was freed'
}

# Of four boots each had a canary of its own, and not all had the same places. (Two can have, of so few.)
Layout_DiffersFromBootToBoot() {
    local boot layout stacks='' heaps='' canaries=''
    for boot in 1 2 3 4; do
        guest_start corrupt 'cmdline="tell-layout"'
        guest_ends poweroff
        layout=$(console | tr -d '\r' | sed -n 's/^layout //p')
        [[ $layout =~ ^stack\ (0x[0-9a-f]+)\ heap\ (0x[0-9a-f]+)\ canary\ ([0-9a-f]+)0000$ ]] ||
            fail "boot $boot: '$layout'"
        stacks+="${BASH_REMATCH[1]}"$'\n' heaps+="${BASH_REMATCH[2]}"$'\n' canaries+="${BASH_REMATCH[3]}"$'\n'
        guest_destroy
    done
    (($(sort -u <<<"${stacks%$'\n'}" | wc -l) > 1)) || fail "the stack is always at $stacks"
    (($(sort -u <<<"${heaps%$'\n'}" | wc -l) > 1)) || fail "the heap is always at $heaps"
    (($(sort -u <<<"${canaries%$'\n'}" | wc -l) == 4)) || fail "a canary came twice: $canaries"
}

ExitStatus_IsOnTheConsoleAndCrashes() {
    guest_start misbehave 'cmdline="nothing-that-exists"'
    guest_ends crash
    console_has 'atman: exit status 64'
}
