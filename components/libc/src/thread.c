/* SPDX-License-Identifier: ISC */
/* The state that musl keeps for a thread: errno, the locale, the id that stdio's locks would name. */

#include "pthread_impl.h"

struct __pthread at_libc_thread = {
    .self = &at_libc_thread,
    .tid = 1, /* 0 would mean "unlocked" to stdio */
    .locale = &libc.global_locale, /* zero, which is musl's C locale */
};
