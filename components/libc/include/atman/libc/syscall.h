/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_LIBC_SYSCALL_H
#define ATMAN_LIBC_SYSCALL_H

/*
 * The seam under musl: what it asks of an operating system, answered by the kit.
 *
 * musl reaches its system by one thing only, the system call. Atman's overlay of musl's syscall_arch.h turns each into
 * a call of this one function, so that what lies above is upstream's, unchanged. Not for applications: they call
 * write() and the rest. stdio's stdout and stderr do not come here; src/stdio.c writes them to the console directly.
 */

#ifdef __cplusplus
extern "C" {
#endif

/*
 * at_libc_syscall does what Linux's system call `number` does, one of SYS_... in musl's <sys/syscall.h>, as far as the
 * kit offers it. Arguments that a call does not take are 0.
 *
 *   SYS_write   to descriptor 1 or 2: `a3` bytes at `a2` go to the console, in one at_console_write(), none if there
 *               are none. Returns `a3`: the console takes or drops, it never refuses. -EBADF: another descriptor.
 *
 * Returns what Linux would, a result or a negative errno; -ENOSYS for every other number, having done nothing. Never
 * allocates, and waits no longer than at_console_write() does.
 */
long at_libc_syscall(long number, long a1, long a2, long a3, long a4, long a5, long a6);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_LIBC_SYSCALL_H */
