/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_HOST_SEAMS_H
#define ATMAN_HOST_SEAMS_H

/*
 * The link-time seams of the kit in a Linux process, and how a test turns three of them to its own ends.
 *
 * Linking //platforms/host:seams defines at_panic() (the reason to stderr, then abort()), at_console_write() (standard
 * output), at_clock_now_ns() (CLOCK_MONOTONIC), at_clock_wall_ns() (CLOCK_REALTIME) and at_entropy_fill()
 * (getrandom(2)). Each is an object file of its own: a program that defines one of them itself simply does not get this
 * one.
 *
 * What is redirected below is the process's, not a thread's.
 */

#include <stddef.h>
#include <stdint.h>

#include <atman/base/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where at_console_write() goes instead of standard output. */
typedef void (*at_host_console_fn)(void *ctx, const char *text, size_t size);

/* at_host_console_redirect sends console text to `fn(ctx, ...)` from now on; NULL: to standard output again. */
void at_host_console_redirect(at_host_console_fn fn, void *ctx);

/* What at_clock_now_ns() returns instead of CLOCK_MONOTONIC, such as the virtual time of a fake Xen. */
typedef uint64_t (*at_host_clock_fn)(void *ctx);

/* at_host_clock_redirect takes the time from `fn(ctx)` from now on; NULL: from CLOCK_MONOTONIC again. */
void at_host_clock_redirect(at_host_clock_fn fn, void *ctx);

/* What at_entropy_fill() does instead of asking Linux: a source that is missing, or one that repeats itself. */
typedef at_status (*at_host_entropy_fn)(void *ctx, void *out, size_t size);

/* at_host_entropy_redirect takes entropy from `fn(ctx, ...)` from now on; NULL: from getrandom(2) again. */
void at_host_entropy_redirect(at_host_entropy_fn fn, void *ctx);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_HOST_SEAMS_H */
