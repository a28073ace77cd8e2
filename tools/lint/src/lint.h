/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_LINT_LINT_H
#define ATMAN_LINT_LINT_H

#include "report.h"

/* lint: reports everything about a would-be PV kernel that xl or Xen would, and what they would not. */
void lint(struct elf_bytes bytes, struct lint_report *report);

/*
 * lint_packed: the command that unpacks, from its standard input to its output, what is compressed at `offset`: a
 * kernel that is packed as a whole, or the ELF in Linux's bzImage. NULL if `bytes` are neither, or cut off.
 */
const char *lint_packed(struct elf_bytes bytes, uint64_t *offset, uint64_t *length);

/*
 * lint_inspect: calls `line` for each line of what the image says of itself: its build id, the versions of its
 * components, the system it claims to be. Returns NULL, or in words why there is nothing to say.
 */
const char *lint_inspect(struct elf_bytes bytes, void (*line)(void *ctx, const char *key, const char *value),
                         void *ctx);

#endif /* ATMAN_LINT_LINT_H */
