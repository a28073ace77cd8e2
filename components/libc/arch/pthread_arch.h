/* SPDX-License-Identifier: ISC */
/*
 * musl's pthread_arch.h for Atman: where musl finds the thread that runs. In the place of arch/x86_64's, which reads
 * %fs:0; a PV guest has no thread-local storage, and moving %fs would cost a hypercall on every thread switch.
 *
 * One thread's worth of musl state for now, so errno is one cell. When threads get a state each, they come in here.
 */

extern hidden struct __pthread at_libc_thread;

static inline uintptr_t __get_tp(void)
{
    return (uintptr_t)&at_libc_thread;
}

#define MC_PC gregs[REG_RIP]
