/* SPDX-License-Identifier: ISC */
/*
 * musl's syscall_arch.h for Atman: the one place where musl leaves itself. In the place of arch/x86_64's, whose calls
 * are `syscall` instructions; in a PV guest that instruction is a hypercall, and the number would mean another thing.
 *
 * The number is a constant wherever musl makes a call, so the switch below is gone when it has been compiled, and what
 * remains is the call of the one function that answers: see src/serve.h. A call that nobody answers does not compile.
 *
 * musl includes this from src/internal/syscall.h only. No VDSO_USEFUL: there is no kernel to map one.
 */

#include "../src/serve.h"

#define __SYSCALL_LL_E(x) (x)
#define __SYSCALL_LL_O(x) (x)

extern long at_libc_unanswered(void) __attribute__((__error__("a system call that components/libc does not answer")));

static inline __attribute__((__always_inline__)) long at_libc_answer(long n, long a, long b, long c, long d, long e,
                                                                     long f)
{
    switch (n) {
    case SYS_read: return at_libc_sys_read(a, (void *)b, c);
    case SYS_readv: return at_libc_sys_readv(a, (void *)b, c);
    case SYS_write: return at_libc_sys_write(a, (void *)b, c);
    case SYS_writev: return at_libc_sys_writev(a, (void *)b, c);
    case SYS_close: return at_libc_sys_close(a);
    case SYS_dup: return at_libc_sys_dup(a);
    case SYS_dup2: return at_libc_sys_dup2(a, b);
    case SYS_fcntl: return at_libc_sys_fcntl(a, b, c);
    case SYS_ioctl: return at_libc_sys_ioctl(a, b, (void *)c);
    case SYS_pipe: return at_libc_sys_pipe2((int *)a, 0);
    case SYS_pipe2: return at_libc_sys_pipe2((int *)a, b);
    case SYS_poll: return at_libc_sys_poll((void *)a, b, c);
    case SYS_ppoll: return at_libc_sys_ppoll((void *)a, b, (void *)c);
    case SYS_select: return at_libc_sys_select(a, (void *)b, (void *)c, (void *)d, (void *)e);
    case SYS_pselect6: return at_libc_sys_pselect(a, (void *)b, (void *)c, (void *)d, (void *)e);

    case SYS_socket: return at_libc_sys_socket(a, b, c);
    case SYS_bind: return at_libc_sys_bind(a, (void *)b, c);
    case SYS_connect: return at_libc_sys_connect(a, (void *)b, c);
    case SYS_listen: return at_libc_sys_listen(a, b);
    case SYS_accept: return at_libc_sys_accept4(a, (void *)b, (void *)c, 0);
    case SYS_accept4: return at_libc_sys_accept4(a, (void *)b, (void *)c, d);
    case SYS_sendto: return at_libc_sys_sendto(a, (void *)b, c, d, (void *)e, f);
    case SYS_recvfrom: return at_libc_sys_recvfrom(a, (void *)b, c, d, (void *)e, (void *)f);
    case SYS_sendmsg: return at_libc_sys_sendmsg(a, (void *)b, c);
    case SYS_recvmsg: return at_libc_sys_recvmsg(a, (void *)b, c);
    case SYS_shutdown: return at_libc_sys_shutdown(a, b);
    case SYS_getsockname: return at_libc_sys_getsockname(a, (void *)b, (void *)c);
    case SYS_getpeername: return at_libc_sys_getpeername(a, (void *)b, (void *)c);
    case SYS_setsockopt: return at_libc_sys_setsockopt(a, b, c, (void *)d, e);
    case SYS_getsockopt: return at_libc_sys_getsockopt(a, b, c, (void *)d, (void *)e);

    case SYS_futex: return at_libc_sys_futex((void *)a, b, c, d, (void *)e);
    case SYS_sched_yield: return at_libc_sys_sched_yield();
    case SYS_exit: at_libc_sys_exit();
    case SYS_clock_gettime: return at_libc_sys_clock_gettime(a, (void *)b);
    case SYS_clock_getres: return at_libc_sys_clock_getres(a, (void *)b);
    case SYS_nanosleep: return at_libc_sys_clock_nanosleep(0, 0, (void *)a, (void *)b);
    case SYS_clock_nanosleep: return at_libc_sys_clock_nanosleep(a, b, (void *)c, (void *)d);
    case SYS_getrandom: return at_libc_sys_getrandom((void *)a, b, c);

    /* One process, which is never interrupted. */
    case SYS_getpid: return 1;
    case SYS_rt_sigprocmask: return 0;
    /* There is no file. */
    case SYS_open: return -ENOENT;
    /* Older and newer forms that musl tries beside those above, and what only a kernel with processes needs. */
    case SYS_gettimeofday:
    case SYS_sched_setscheduler:
    case SYS_set_robust_list:
    case SYS_set_tid_address: return -ENOSYS;
    default: return at_libc_unanswered();
    }
}

/*
 * What stdio reads and writes with is no cancellation point: pthread_cancel(), which ends a wait once, shall not be
 * seen by it, as musl's signal is not elsewhere (SA_RESTART).
 */
static inline __attribute__((__always_inline__)) long __syscall6(long n, long a, long b, long c, long d, long e, long f)
{
    long result;
    do {
        result = at_libc_answer(n, a, b, c, d, e, f);
    } while (result == -EINTR && (n == SYS_read || n == SYS_readv || n == SYS_write || n == SYS_writev));
    return result;
}

static inline __attribute__((__always_inline__)) long __syscall0(long n)
{
    return __syscall6(n, 0, 0, 0, 0, 0, 0);
}

static inline __attribute__((__always_inline__)) long __syscall1(long n, long a)
{
    return __syscall6(n, a, 0, 0, 0, 0, 0);
}

static inline __attribute__((__always_inline__)) long __syscall2(long n, long a, long b)
{
    return __syscall6(n, a, b, 0, 0, 0, 0);
}

static inline __attribute__((__always_inline__)) long __syscall3(long n, long a, long b, long c)
{
    return __syscall6(n, a, b, c, 0, 0, 0);
}

static inline __attribute__((__always_inline__)) long __syscall4(long n, long a, long b, long c, long d)
{
    return __syscall6(n, a, b, c, d, 0, 0);
}

static inline __attribute__((__always_inline__)) long __syscall5(long n, long a, long b, long c, long d, long e)
{
    return __syscall6(n, a, b, c, d, e, 0);
}

/* A call that may be the end of a cancelled thread: before it waits, and instead of going on when interrupted. */
static inline __attribute__((__always_inline__)) long __syscall_cp(long n, long a, long b, long c, long d, long e,
                                                                   long f)
{
    long result = at_libc_cancellation();
    if (result == 0) {
        result = at_libc_answer(n, a, b, c, d, e, f);
        if (result == -EINTR) {
            long cancelled = at_libc_cancellation();
            result = cancelled != 0 ? cancelled : result;
        }
    }
    return result;
}

/* musl's, in its syscall.h, where a number is an argument: inlined too, at every level of optimisation. */
static inline __attribute__((__always_inline__)) long __alt_socketcall(int sys, int sock, int cp, long a, long b,
                                                                       long c, long d, long e, long f);

#define IPC_64 0
