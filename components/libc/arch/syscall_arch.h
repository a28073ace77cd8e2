/* SPDX-License-Identifier: ISC */
/*
 * musl's syscall_arch.h for Atman: the one place where musl leaves itself. In the place of arch/x86_64's, whose calls
 * are `syscall` instructions; in a PV guest that instruction is a hypercall, and the number would mean another thing.
 *
 * musl includes this from src/internal/syscall.h only. No VDSO_USEFUL: there is no kernel to map one.
 */

#include <atman/libc/syscall.h>

#define __SYSCALL_LL_E(x) (x)
#define __SYSCALL_LL_O(x) (x)

static inline long __syscall0(long n)
{
    return at_libc_syscall(n, 0, 0, 0, 0, 0, 0);
}

static inline long __syscall1(long n, long a)
{
    return at_libc_syscall(n, a, 0, 0, 0, 0, 0);
}

static inline long __syscall2(long n, long a, long b)
{
    return at_libc_syscall(n, a, b, 0, 0, 0, 0);
}

static inline long __syscall3(long n, long a, long b, long c)
{
    return at_libc_syscall(n, a, b, c, 0, 0, 0);
}

static inline long __syscall4(long n, long a, long b, long c, long d)
{
    return at_libc_syscall(n, a, b, c, d, 0, 0);
}

static inline long __syscall5(long n, long a, long b, long c, long d, long e)
{
    return at_libc_syscall(n, a, b, c, d, e, 0);
}

static inline long __syscall6(long n, long a, long b, long c, long d, long e, long f)
{
    return at_libc_syscall(n, a, b, c, d, e, f);
}

#define IPC_64 0
