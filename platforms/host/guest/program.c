/* SPDX-License-Identifier: ISC */
/*
 * What the platform is to a program with the guest's C library. This file is guest code and so in the same object: the
 * names of that library are known nowhere else, as those of the machine's are not known here.
 */

#include "program.h"

#include <stdint.h>
#include <stdlib.h>

#include <atman/base/entropy.h>
#include <atman/base/panic.h>
#include <atman/guest.h>
#include <atman/libc/arguments.h>
#include <atman/libc/thread.h>
#include <atman/sched/thread.h>

#define WORDS_MAX 64

int main(int argc, char **argv);

char *at_libc_arguments[WORDS_MAX + 1];

/* What gcc compares with, and calls (-mstack-protector-guard=global). */
uintptr_t __stack_chk_guard;
AT_NORETURN void __stack_chk_fail(void);

AT_NORETURN void __stack_chk_fail(void)
{
    at_panic("stack smashed");
}

AT_NORETURN int at_host_program(int argc, char **argv)
{
    if (argc > WORDS_MAX)
        at_panic("the command line has too many words");
    for (int i = 0; i < argc; i++)
        at_libc_arguments[i] = argv[i];
    if (at_entropy_fill(&__stack_chk_guard, sizeof(__stack_chk_guard)) != AT_OK) /* nobody returns to before it */
        at_panic("no entropy");
    at_host_sched_local(at_libc_thread_main());
    at_libc_thread_follow(at_sched_current_local(at_guest_sched()));
    exit(main(argc, at_libc_arguments));
}

/* Nobody here would start it anew. */
AT_NORETURN void at_guest_reboot(void)
{
    exit(0);
}
