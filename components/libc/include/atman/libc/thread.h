/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_LIBC_THREAD_H
#define ATMAN_LIBC_THREAD_H

/*
 * The seam under threads and waiting, for platforms: musl's pthreads and every call that blocks, on a scheduler of
 * cooperative threads. Functions that the platform defines, on xen_pv with `sched`; linked only if a program uses them.
 * Applications use <pthread.h>.
 *
 * What musl keeps for a thread (errno, its id, cancellation) is found through the scheduler's own notion of the thread
 * that runs, without a hook in its switch: see at_libc_thread_follow().
 */

#include <stdint.h>

#include <atman/base/panic.h>
#include <atman/base/span.h>
#include <atman/base/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * at_libc_thread_follow lets errno and the rest of a thread's state be found at `**current` from now on: `current` is
 * where the scheduler keeps a pointer to what it knows of the thread that runs, whose first word is a pointer to that
 * state. For platforms, as they make the scheduler, after each thread that exists has at_libc_thread_main() there.
 */
void at_libc_thread_follow(void *const *const *current);

/*
 * at_libc_thread_main returns the state of the program's first thread. Threads that pthread_create() did not make share
 * it: they may print, allocate and wait, but have one errno together and are one thread to pthread_self().
 */
void *at_libc_thread_main(void);

/* How a thread begins: entry(argument). */
struct at_libc_start {
    void (*entry)(void *argument);
    void *argument;
};

/*
 * at_libc_thread_start makes a thread that begins with `*start`, which lasts until then, on `stack`, with `state` as
 * the first word of what the scheduler keeps for it. It ends in at_libc_thread_end(); its stack is the caller's again
 * when another thread runs after that. Does not switch. Returns AT_OK, or why not.
 */
at_status at_libc_thread_start(struct at_libc_start *start, void *state, struct at_span stack);

/* at_libc_thread_end ends the calling thread for good; of the first thread it may only stop it for ever. */
AT_NORETURN void at_libc_thread_end(void);

/* at_libc_thread_yield lets every other thread that is ready run. */
void at_libc_thread_yield(void);

/*
 * at_libc_thread_sleep blocks the calling thread until at_libc_thread_wake() with what it stored in `*place` while it
 * sleeps, or until `deadline_ns` of the monotonic clock. May return early. `what` says in reports what is waited for.
 */
void at_libc_thread_sleep(void **place, uint64_t deadline_ns, const char *what);

/* at_libc_thread_wake makes the thread that sleeps in `place` ready. Never switches; may be called from handlers. */
void at_libc_thread_wake(void *place);

/*
 * at_libc_stack_alloc gives at least `size` bytes of memory in `*stack`, both multiples of 4096, with an absent page
 * right below. Returns AT_OK, or why not. at_libc_stack_free takes back what it gave; it is not the stack in use.
 */
at_status at_libc_stack_alloc(struct at_span *stack, size_t size);
void at_libc_stack_free(struct at_span stack);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_LIBC_THREAD_H */
