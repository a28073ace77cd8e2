/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_LINT_REPORT_H
#define ATMAN_LINT_REPORT_H

#include "elf_file.h"

enum lint_level {
    LINT_NOTE,    /* good to know */
    LINT_WARNING, /* it starts, and something is wrong */
    LINT_ERROR,   /* xl or Xen refuses it, or it dies at once */
};

/* Where findings go: `say` gets each as one sentence, which is gone when it returns. */
struct lint_report {
    void (*say)(void *ctx, enum lint_level level, const char *text);
    void *ctx;
    unsigned errors;
    unsigned warnings;
};

/* lint_say: formats a sentence and passes it on. Texts from a file go through lint_text first. */
void lint_say(struct lint_report *report, enum lint_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

struct lint_text {
    char text[48];
};

/* lint_text: bytes from a file as something that can be printed: cut at a NUL and to length, oddities as '?'. */
struct lint_text lint_text(struct elf_bytes bytes);

#endif /* ATMAN_LINT_REPORT_H */
