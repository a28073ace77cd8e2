/* SPDX-License-Identifier: ISC */
/*
 * The state that musl keeps for a thread, where it is found, and how much room a new thread's takes. In the place of
 * musl's src/internal/libc.c and src/env/__init_tls.c: initialised data instead of code that runs at start.
 */

#include "libc.h"
#include "park.h"
#include "pthread_impl.h"

#include <atman/libc/thread.h>

/* The scheduler's lock of the same name in musl: the list of threads. */
volatile int __thread_list_lock;

static struct pthread first = {
    .self = &first,
    .prev = &first,
    .next = &first,
    .tid = 1, /* 0 would mean "unlocked" to stdio */
    .detach_state = DT_JOINABLE,
    .robust_list = {.head = &first.robust_list.head},
    .locale = &libc.global_locale, /* zero, which is musl's C locale */
};

struct __libc __libc = {
    .can_do_threads = 1,
    .tls_size = (sizeof(struct pthread) + 2 * 16 - 1) & -16ul,
    .tls_align = 16,
};

/* Until there is a scheduler: a pointer to what it would keep. */
static void *const before_any = &first;
static void *const *const before = &before_any;

void *const *const *at_libc_thread_current = &before;

/*
 * For the kit's own files, and of this one's kind: a file that is compiled together with the scheduler would be told by
 * the types that the scheduler's pointer and this one are two.
 */
void *at_libc_self(void)
{
    return __pthread_self();
}

void at_libc_thread_follow(void *const *const *current)
{
    at_libc_thread_current = current;
}

void *at_libc_thread_main(void)
{
    return &first;
}

/* Makes the state of a thread in the libc.tls_size zeroed bytes at `memory`. The kit has no thread-local storage. */
void *__copy_tls(unsigned char *memory)
{
    return (void *)((uintptr_t)(memory + libc.tls_size - sizeof(struct pthread)) & -libc.tls_align);
}
