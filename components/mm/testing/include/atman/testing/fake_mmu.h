/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TESTING_FAKE_MMU_H
#define ATMAN_TESTING_FAKE_MMU_H

/*
 * A fake MMU: the seam of <atman/mm/mmu.h> over arrays, with the rules that Xen has for a PV guest's page tables.
 *
 * It refuses, as Xen does: an entry without a table (AT_NOT_FOUND), an address outside the window or a frame outside
 * the machine (AT_RANGE), a frame that is neither own nor granted, and a page table mapped writable (both AT_DENIED).
 * It panics where Xen ends the domain or the kit's rules are broken: an unmapped entry that is not 0 in all its bits,
 * a page writable and executable, a batch that is empty or too long.
 *
 * A failure that was asked for happens once, after the entries before it were written, as in a multicall.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atman/mm/mmu.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The window has so many pages, the machine so many frames: numbers 0 to AT_FAKE_MMU_FRAMES - 1. */
#define AT_FAKE_MMU_PAGES 1024
#define AT_FAKE_MMU_FRAMES 4096

/* Pages that one table has entries for, as on x86-64. */
#define AT_FAKE_MMU_TABLE_PAGES 512

enum at_fake_mmu_owner {
    AT_FAKE_MMU_OWN,     /* may be mapped in any way */
    AT_FAKE_MMU_TABLE,   /* holds page tables: read-only */
    AT_FAKE_MMU_FOREIGN, /* another domain's, not granted */
};

struct at_fake_mmu {
    uintptr_t base; /* of the window */
    uint64_t frame[AT_FAKE_MMU_PAGES];
    uint32_t prot[AT_FAKE_MMU_PAGES];
    bool table[AT_FAKE_MMU_PAGES / AT_FAKE_MMU_TABLE_PAGES + 1];
    uint8_t owner[AT_FAKE_MMU_FRAMES]; /* enum at_fake_mmu_owner; a test may write it */
    size_t calls;                      /* of `update`: each is one hypercall and one TLB flush */
    size_t updates;                    /* entries written */
    size_t tables_made;
    size_t fail_update; /* a test sets: the Nth entry from now fails (1 is the next); 0: none */
    size_t fail_tables; /* a test sets: the Nth call of `tables` from now fails */
    bool dead;          /* a test sets: every update fails */
};

/* at_fake_mmu_init makes `mmu` a window at `base` with nothing mapped and no tables; all frames are own. */
void at_fake_mmu_init(struct at_fake_mmu *mmu, uintptr_t base);

/* at_fake_mmu_seam returns `mmu`, which must outlive it, as the seam. */
struct at_mm_mmu at_fake_mmu_seam(struct at_fake_mmu *mmu);

/* at_fake_mmu_mapped returns how many pages are mapped. */
size_t at_fake_mmu_mapped(const struct at_fake_mmu *mmu);

/* at_fake_mmu_prot returns how the page at `va`, in the window, is mapped. */
uint32_t at_fake_mmu_prot(const struct at_fake_mmu *mmu, const void *va);

/* at_fake_mmu_frame returns the frame of the page at `va`, in the window; 0 if it is not mapped. */
uint64_t at_fake_mmu_frame(const struct at_fake_mmu *mmu, const void *va);

/* at_fake_mmu_aliases returns how many frames are writable at one address and executable at another. */
size_t at_fake_mmu_aliases(const struct at_fake_mmu *mmu);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_TESTING_FAKE_MMU_H */
