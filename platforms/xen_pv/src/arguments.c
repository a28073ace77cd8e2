/* SPDX-License-Identifier: ISC */
#include "arguments.h"

#include <stddef.h>

static int is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Copies the word at `from` over `to` without its quotes and ends it. Returns where the next may begin. */
static char *take_word(char *to, char *from)
{
    int quoted = 0;

    for (; *from != '\0' && (quoted || !is_blank(*from)); from++) {
        if (*from == '"')
            quoted = !quoted;
        else
            *to++ = *from;
    }
    if (*from != '\0')
        from++;
    *to = '\0'; /* at or before the blank just passed: nothing unread is overwritten */
    return from;
}

int at_xen_pv_arguments(char **argv, char *line)
{
    int argc = 1;

    for (;;) {
        while (is_blank(*line))
            line++;
        if (*line == '\0')
            break;
        argv[argc++] = line;
        if (argc == AT_XEN_PV_ARGUMENTS_MAX)
            break;
        line = take_word(line, line);
    }
    argv[argc] = NULL;
    return argc;
}
