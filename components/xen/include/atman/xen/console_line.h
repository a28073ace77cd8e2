/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XEN_CONSOLE_LINE_H
#define ATMAN_XEN_CONSOLE_LINE_H

/*
 * Lines from the console, edited by whoever types them: what is typed is shown, backspace (or delete) takes a character
 * back and control-U all of them, return ends the line and control-D on an empty one the input. Other control
 * characters but tab are dropped. Bytes above 127 pass as they are and count one by one.
 *
 * The raw reader is at_xen_console_read(); who uses one should not use the other on the same console.
 */

#include <stdbool.h>
#include <stddef.h>

#include <atman/base/status.h>
#include <atman/xen/console.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of a line with its newline; what is longer comes in pieces. */
#define AT_XEN_CONSOLE_LINE_MAX 1024

/* A line reader. Memory of the caller's; members are its own. Zero it but for `console`. */
struct at_xen_console_line {
    struct at_xen_console *console;
    size_t size;  /* of what was typed */
    size_t taken; /* of that, by the reader, when it is complete */
    bool complete;
    bool ended; /* by control-D */
    char text[AT_XEN_CONSOLE_LINE_MAX];
};

/*
 * at_xen_console_line_read copies at most `size` bytes of the oldest complete line to `text`, and their number to
 * `*got`; what it does not take stays for the next call. With `size` 0 it says only what a call would return. Writes
 * what is shown to the console, as at_xen_console_write(); otherwise never blocks.
 *
 * Returns AT_OK; AT_AGAIN when no line is complete; AT_CLOSED once for each control-D; AT_PROTOCOL when the console is
 * broken. `*got` is 0 unless AT_OK.
 */
at_status at_xen_console_line_read(struct at_xen_console_line *line, char *text, size_t *got, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_XEN_CONSOLE_LINE_H */
