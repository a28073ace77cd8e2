/* SPDX-License-Identifier: ISC */
/*
 * abort() and assert()'s failure are a panic: the operator reads the reason with the registers and the backtrace that
 * a panic shows. In the place of musl's src/exit/abort.c and assert.c, which end a process by raising a signal.
 */

#define _BSD_SOURCE /* strlcpy, strlcat */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <atman/base/panic.h>

_Noreturn void abort(void)
{
    at_panic("abort() called");
}

/* Writes `value` in decimal so that it ends at `end`, and returns where it begins. */
static char *decimal(unsigned value, char *end)
{
    *--end = '\0';
    do {
        *--end = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    return end;
}

/* What assert() calls; one line in the form of AT_ASSERT's, cut off where it does not fit. No printf: it may be what
 * broke, and it would weigh more than the program. */
_Noreturn void __assert_fail(const char *expression, const char *file, int line, const char *function)
{
    (void)function;
    char reason[256];
    char number[12];
    strlcpy(reason, file, sizeof reason);
    strlcat(reason, ":", sizeof reason);
    strlcat(reason, decimal((unsigned)line, number + sizeof number), sizeof reason);
    strlcat(reason, ": assertion failed: ", sizeof reason);
    strlcat(reason, expression, sizeof reason);
    at_panic(reason);
}
