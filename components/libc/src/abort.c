/* SPDX-License-Identifier: ISC */
/*
 * abort() and a failed assert() are a panic: the operator reads the reason with the registers and the backtrace that a
 * panic shows. In the place of musl's src/exit/abort.c and assert.c, which end a process by raising a signal.
 */

#include <assert.h>
#include <stdlib.h>

#include <atman/base/panic.h>

_Noreturn void abort(void)
{
    at_panic("abort() called");
}

/* Copies `text` to `at`, as much as there is room for before `end`, and returns where the copy ends. */
static char *append(char *at, const char *end, const char *text)
{
    while (at != end && *text != '\0') {
        *at++ = *text++;
    }
    return at;
}

/*
 * What assert() calls: one line in the form of AT_ASSERT's, cut off where it does not fit. Not by printf, which weighs
 * ten times as much as the rest of a small program and may be what broke.
 */
_Noreturn void __assert_fail(const char *expression, const char *file, int line, const char *function)
{
    (void)function;
    char reason[256];
    const char *end = reason + sizeof reason - 1;
    char number[12];
    char *digit = number + sizeof number;
    *--digit = '\0';
    for (unsigned rest = (unsigned)line; rest != 0; rest /= 10) {
        *--digit = (char)('0' + rest % 10);
    }
    char *at = append(reason, end, file);
    at = append(at, end, ":");
    at = append(at, end, digit);
    at = append(at, end, ": assertion failed: ");
    at = append(at, end, expression);
    *at = '\0';
    at_panic(reason);
}
