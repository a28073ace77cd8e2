/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_BASE_CONSOLE_H
#define ATMAN_BASE_CONSOLE_H

/* The console sink: where text for whoever operates the program goes. */

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * at_console_write writes `size` bytes of `text`, which is no longer needed when it returns. It may wait a bounded time
 * for a reader; what does not fit by then is dropped, because a console that nobody reads must not stop the program.
 * Works from the first instruction of main() to the last, in a panic too. A seam: the platform defines it (on xen_pv
 * the domain's console, on the host standard output).
 */
void at_console_write(const char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_BASE_CONSOLE_H */
