/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_LIBC_CONSOLE_H
#define ATMAN_LIBC_CONSOLE_H

/*
 * The seam under standard input, for platforms: what is typed at the console. The platform defines the first function;
 * linked only if a program reads. Writing is at_console_write() of <atman/base/console.h>.
 */

#include <stddef.h>

#include <atman/base/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * at_libc_console_read copies at most `size` bytes of what was typed to `text`, and their number to `*got`, by lines if
 * the console has lines; with `size` 0 it says only whether there is something. Never blocks.
 *
 * Returns AT_OK; AT_AGAIN when there is nothing yet: the platform then calls at_libc_console_changed() when there may
 * be; AT_CLOSED at the end of the input (control-D, once for each), or when the console is broken.
 */
at_status at_libc_console_read(char *text, size_t *got, size_t size);

/* at_libc_console_changed wakes whoever waits for input. For the platform, from its event handler. */
void at_libc_console_changed(void);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_LIBC_CONSOLE_H */
