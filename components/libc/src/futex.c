/* SPDX-License-Identifier: ISC */
/*
 * The futex on cooperative threads: what musl's mutexes, conditions, semaphores and joins wait with. Threads that wait
 * for a word stand in the list of its bucket, oldest first.
 */

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <atman/base/clock.h>

#include "ns.h"
#include "park.h"
#include "serve.h"

/* Linux's numbers (its uapi futex.h, and musl's own futex.h); one address space, so PRIVATE is no difference. */
enum {
    FUTEX_WAIT = 0,
    FUTEX_WAKE = 1,
    FUTEX_REQUEUE = 3,
    FUTEX_PRIVATE = 128,
};

struct waiter {
    struct at_list_node link;
    struct at_libc_parked parked;
    volatile int *word;
};

#define BUCKETS 64u

static struct at_list *bucket_of(volatile int *word)
{
    static struct at_list buckets[BUCKETS];
    /* Words lie 4 bytes apart at least, and those of equal objects a round number: mix before taking few bits. */
    struct at_list *bucket = &buckets[((uintptr_t)word * UINT64_C(0x9e3779b97f4a7c15)) >> 58];
    if (bucket->head.next == NULL) {
        at_list_init(bucket);
    }
    return bucket;
}

static long wait(volatile int *word, int value, const struct timespec *timeout)
{
    uint64_t deadline_ns = AT_NEVER;
    if (timeout != NULL) {
        uint64_t ns;
        if (!at_libc_ns_of(&ns, timeout)) {
            return -EINVAL;
        }
        deadline_ns = at_clock_after(at_clock_now_ns(), ns);
    }
    if (*word != value) {
        return -EAGAIN;
    }
    struct waiter waiter = {.word = word};
    at_list_push_back(bucket_of(word), &waiter.link);
    long result = at_libc_park(&waiter.parked, deadline_ns, "lock, condition or thread of pthread.h");
    if (at_list_is_linked(&waiter.link)) {
        at_list_remove(&waiter.link);
    }
    return result;
}

/* Wakes `wake` threads that wait for `word`, and lets as many as `move` more wait for `other`. Returns how many. */
static long wake(volatile int *word, int wake, int move, volatile int *other)
{
    struct at_list *bucket = bucket_of(word);
    struct at_list_node *next;
    long done = 0;
    for (struct at_list_node *node = at_list_first(bucket); node != NULL && (wake > 0 || move > 0); node = next) {
        struct waiter *waiter = AT_CONTAINER_OF(node, struct waiter, link);
        next = at_list_next(bucket, node);
        if (waiter->word != word || waiter->parked.over) {
            continue; /* over: interrupted, and not run since */
        }
        at_list_remove(node);
        done++;
        if (wake > 0) {
            wake--;
            at_libc_unpark(&waiter->parked, 0);
        } else {
            move--;
            waiter->word = other;
            at_list_push_back(bucket_of(other), node);
        }
    }
    return done;
}

long at_libc_sys_futex(volatile int *word, int operation, int value, long timeout_or_count, volatile int *other)
{
    switch (operation & ~FUTEX_PRIVATE) {
    case FUTEX_WAIT: return wait(word, value, (const struct timespec *)timeout_or_count);
    case FUTEX_WAKE: return wake(word, value, 0, NULL);
    case FUTEX_REQUEUE: return wake(word, value, timeout_or_count > INT_MAX ? INT_MAX : (int)timeout_or_count, other);
    default: return -ENOSYS;
    }
}
