/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_LINT_CHECKS_H
#define ATMAN_LINT_CHECKS_H

#include "guest.h"

/* The groups of checks, each on what the one before left as sound. */

/* lint_container: what is no ELF file, but something that people try: a bzImage, a compressed kernel. */
void lint_container(struct elf_bytes bytes, const char *why, struct lint_report *report);

/* lint_segments: each segment by itself and beside the others. */
void lint_segments(const struct elf_file *file, const struct guest *guest, struct lint_report *report);

/* lint_memory: the map that the builder makes, and the least memory that has room for it. */
void lint_memory(const struct elf_file *file, const struct guest *guest, struct lint_report *report);

#endif /* ATMAN_LINT_CHECKS_H */
