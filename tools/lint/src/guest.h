/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_LINT_GUEST_H
#define ATMAN_LINT_GUEST_H

/*
 * What a kernel tells Xen's domain builder of itself, by ELF notes or by the older __xen_guest section: the values that
 * xen/elfnote.h describes.
 */

#include "report.h"

#define GUEST_UNSET UINT64_MAX

struct guest {
    unsigned notes;  /* that are Xen's */
    bool old_string; /* it has no notes, but the section __xen_guest */
    uint64_t virt_base;
    uint64_t entry;
    uint64_t paddr_offset;
    uint64_t hypercall_page;
    uint64_t p2m;
    uint64_t phys32_entry;
    struct lint_text loader;
    struct lint_text guest_os;
    struct lint_text xen_version;
    struct lint_text pae;
    uint32_t features_required; /* a bit for each XENFEAT_ */
    /* What it is loaded as: the lowest and the highest byte of its segments, by physical address. */
    unsigned loaded_segments;
    uint64_t start;
    uint64_t end;
};

/* guest_read: reads notes and segments, and reports what cannot be read. */
void guest_read(struct guest *guest, const struct elf_file *file, struct lint_report *report);

/* guest_address: where the builder puts what has this physical address. */
uint64_t guest_address(const struct guest *guest, uint64_t physical);

/* guest_has_own_p2m: does the builder heed INIT_P2M? It does for a page below VIRT_BASE. */
bool guest_has_own_p2m(const struct guest *guest);

#endif /* ATMAN_LINT_GUEST_H */
