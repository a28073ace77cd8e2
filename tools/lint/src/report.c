/* SPDX-License-Identifier: ISC */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>

void lint_say(struct lint_report *report, enum lint_level level, const char *format, ...)
{
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    report->errors += level == LINT_ERROR;
    report->warnings += level == LINT_WARNING;
    report->say(report->ctx, level, text);
}

struct lint_text lint_text(struct elf_bytes bytes)
{
    struct lint_text to;
    size_t i;

    for (i = 0; i < bytes.size && i < sizeof(to.text) - 1 && bytes.start[i] != '\0'; i++)
        to.text[i] = bytes.start[i] >= ' ' && bytes.start[i] <= '~' ? (char)bytes.start[i] : '?';
    to.text[i] = '\0';
    return to;
}
