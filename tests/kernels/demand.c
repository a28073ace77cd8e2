/* SPDX-License-Identifier: ISC */
/*
 * Dies of a page fault that is in no demand-zero range, after one that was; each register says which it is, and the
 * ledger who holds what.
 */

#include <stdio.h>

#include <atman/guest.h>
#include <atman/mm/demand.h>
#include <atman/mm/ledger.h>

int main(void)
{
    struct at_mm_demand_range range;
    struct at_mm_account account;
    void *va;

    at_mm_account_open(at_guest_ledger(), &account, "test");
    at_mm_account_charge(&account, AT_MM_LEDGER_PORTS, 3);
    if (at_mm_demand_reserve(at_guest_demand(), &range, &va, 1) != AT_OK)
        return 1;
    *(volatile char *)va = 1;
    printf("touched\n");
    __asm__ volatile(
        "mov $0xfa, %eax; mov $0xfb, %ebx; mov $0xfc, %ecx; mov $0xfd, %edx; mov $0xf1, %esi; mov $0xf2, %edi\n"
        "mov $0xf3, %ebp; mov $0xf8, %r8d; mov $0xf9, %r9d; mov $0xf10, %r10d; mov $0xf11, %r11d; mov $0xf12, %r12d\n"
        "mov $0xf13, %r13d; mov $0xf14, %r14d; mov $0xf15, %r15d; movb $1, 0x1234");
    printf("survived\n");
    return 0;
}
