/* SPDX-License-Identifier: ISC */
/*
 * musl's pthread_arch.h for Atman: where musl finds the thread that runs. In the place of arch/x86_64's, which reads
 * %fs:0; in a PV guest moving %fs costs a hypercall on every thread switch. Instead the scheduler's own pointer to the
 * thread that runs is followed, whose first word is musl's: <atman/libc/thread.h>.
 */

extern hidden void *const *const *at_libc_thread_current;

static inline uintptr_t __get_tp(void)
{
    return (uintptr_t) * *at_libc_thread_current;
}

#define MC_PC gregs[REG_RIP]
