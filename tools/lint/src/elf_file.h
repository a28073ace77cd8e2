/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_LINT_ELF_FILE_H
#define ATMAN_LINT_ELF_FILE_H

/*
 * An ELF file of either width as bytes in memory. Nothing in it is believed: every offset is checked against the file
 * before it is followed, and what is read is copied. Nothing is allocated; a file's bytes stay the caller's.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elf_bytes {
    const unsigned char *start;
    size_t size;
};

struct elf_file {
    struct elf_bytes all;
    bool wide; /* 64 bits */
    unsigned type;
    unsigned machine;
    uint64_t entry;
    uint64_t segments_at;
    unsigned segment_size; /* of one entry, as the file says */
    unsigned segment_count;
    uint64_t sections_at;
    unsigned section_size;
    unsigned section_count;
    struct elf_bytes names; /* of sections; empty if there are none */
};

struct elf_segment {
    uint32_t type;
    uint32_t flags;
    uint64_t offset;
    uint64_t virtual_address;
    uint64_t physical_address;
    uint64_t file_size;
    uint64_t memory_size;
};

struct elf_section {
    uint32_t type;
    struct elf_bytes name; /* without its NUL */
    struct elf_bytes content;
};

struct elf_note {
    uint32_t type;
    struct elf_bytes name; /* with its NUL, if it has one */
    struct elf_bytes content;
    bool spills; /* it goes on behind what holds it */
    bool cut;    /* it goes on behind the file's end: `content` is what is there */
};

/* elf_open: NULL, or in words why `bytes` is no ELF file that can be looked at. */
const char *elf_open(struct elf_file *file, struct elf_bytes bytes);

/* elf_range: the bytes at `offset`; false if the file has not that many there. */
bool elf_range(struct elf_bytes bytes, uint64_t offset, uint64_t size, struct elf_bytes *range);

/* elf_segment: copies program header `index`, which is less than segment_count. */
void elf_segment(const struct elf_file *file, unsigned index, struct elf_segment *segment);

/* elf_section: copies section header `index`; what lies outside the file is empty. */
void elf_section(const struct elf_file *file, unsigned index, struct elf_section *section);

/*
 * elf_next_note: takes the first note off `notes`, which are bytes of the file. As Xen does, it reads the last one to
 * its own end, wherever in the file that is. False at their end, and where not even the name is there.
 */
bool elf_next_note(const struct elf_file *file, struct elf_bytes *notes, struct elf_note *note);

/* elf_is: do the bytes spell `text`, with or without a NUL behind it? */
bool elf_is(struct elf_bytes bytes, const char *text);

#endif /* ATMAN_LINT_ELF_FILE_H */
