/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_LINT_LINT_H
#define ATMAN_LINT_LINT_H

#include "report.h"

/* lint: reports everything about a would-be PV kernel that xl or Xen would, and what they would not. */
void lint(struct elf_bytes bytes, struct lint_report *report);

/*
 * lint_inspect: calls `line` for each line of what the image says of itself: its build id, the versions of its
 * components, the system it claims to be. Returns NULL, or in words why there is nothing to say.
 */
const char *lint_inspect(struct elf_bytes bytes, void (*line)(void *ctx, const char *key, const char *value),
                         void *ctx);

#endif /* ATMAN_LINT_LINT_H */
