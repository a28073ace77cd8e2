/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_MM_MMU_H
#define ATMAN_MM_MMU_H

/*
 * The MMU seam: how mm changes page tables, and batched changes of whole ranges over it.
 *
 * A machine frame is the number that a page-table entry holds: real memory divided by 4096, the caller's own or another
 * domain's. Nothing here knows what a page table looks like; the platform's at_mm_mmu_ops does.
 *
 * No page is ever writable and executable: such a request is refused before it reaches the MMU. That one frame is not
 * writable at one address and executable at another is the caller's to see to.
 *
 * Not for: choosing addresses (see <atman/mm/space.h>). Nothing here blocks or is safe against another CPU.
 */

#include <stddef.h>
#include <stdint.h>

#include <atman/base/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How a page may be used. Writable and executable pages are readable as well. */
#define AT_MM_NONE 0u /* not mapped: the entry is 0 in all its bits, or Xen may see an L1TF risk and end the domain */
#define AT_MM_READ 1u
#define AT_MM_WRITE 2u
#define AT_MM_EXEC 4u

/* At most so many updates go to the MMU in one call; 24 bytes of stack each. */
#define AT_MM_MMU_BATCH 32

/* One entry to be written: the page at `va` shall be machine frame `frame`, usable as `prot` says. */
struct at_mm_pte_update {
    uintptr_t va;   /* a multiple of 4096 */
    uint64_t frame; /* 0 with AT_MM_NONE */
    uint32_t prot;  /* AT_MM_* flags */
};

/* What the platform provides. */
struct at_mm_mmu_ops {
    /*
     * Sees to it that every page of [va, va + pages * 4096) has an entry that `update` can write. What exists is left
     * alone, and what was made stays for the next time, also when it fails. AT_OK, or AT_NO_MEMORY or another status.
     */
    at_status (*tables)(void *ctx, uintptr_t va, size_t pages);
    /*
     * Writes `count` entries (1 to AT_MM_MMU_BATCH) in their order, then flushes what the TLB knew of them, once. When
     * it fails some may have been written: none is certain, the caller writes all of them again. AT_UNSUPPORTED for
     * AT_MM_EXEC where this MMU lets nothing be executed.
     */
    at_status (*update)(void *ctx, const struct at_mm_pte_update *updates, size_t count);
    /*
     * Stores what the page at `va` is: AT_MM_NONE and 0 when nothing is mapped there. AT_OK, or AT_NOT_FOUND when there
     * is no entry for it. NULL if the platform cannot tell: at_mm_mmu_protect() is then AT_UNSUPPORTED.
     */
    at_status (*lookup)(void *ctx, uintptr_t va, uint64_t *frame, uint32_t *prot);
};

/* An MMU: passed by pointer, kept by whoever uses it. */
struct at_mm_mmu {
    const struct at_mm_mmu_ops *ops;
    void *ctx;
};

/*
 * at_mm_mmu_map maps `frames[0 .. count)` at `va` and on, where nothing may be mapped and tables must exist.
 *
 * Returns AT_OK; AT_INVALID if `prot` is AT_MM_NONE, unknown, or writable and executable, or if `va` is not a multiple
 * of 4096; or what the MMU returned, and then nothing is mapped. An MMU that refuses to undo panics.
 * One MMU call per AT_MM_MMU_BATCH pages.
 */
at_status at_mm_mmu_map(const struct at_mm_mmu *mmu, uintptr_t va, const uint64_t *frames, size_t count, uint32_t prot);

/*
 * at_mm_mmu_unmap makes `count` pages from `va` on unmapped, those that already were included.
 *
 * Returns AT_OK, AT_INVALID if `va` is not a multiple of 4096, or the first failure of the MMU: it goes on to the end
 * even so; what could not be unmapped still is mapped, and the same call may be made again.
 */
at_status at_mm_mmu_unmap(const struct at_mm_mmu *mmu, uintptr_t va, size_t count);

/*
 * at_mm_mmu_protect changes what `count` mapped pages from `va` on may be used for; their frames stay.
 *
 * Returns AT_OK; AT_INVALID as at_mm_mmu_map(), or if the pages do not all have the same protection now; AT_NOT_FOUND
 * if one of them is not mapped; AT_UNSUPPORTED; or what the MMU returned. Unless AT_OK the pages are as they were; an
 * MMU that refuses to undo panics.
 */
at_status at_mm_mmu_protect(const struct at_mm_mmu *mmu, uintptr_t va, size_t count, uint32_t prot);

/*
 * at_mm_guard unmaps `page`, so that touching it faults: under a stack, or page 0. The frame stays the caller's and is
 * needed again to end it. Returns AT_OK, AT_INVALID if `page` is not a multiple of 4096, or what the MMU returned.
 */
at_status at_mm_guard(const struct at_mm_mmu *mmu, void *page);

/*
 * at_mm_unguard ends what at_mm_guard() began: `page` is `frame` again, readable and writable. Returns as
 * at_mm_guard(); unless AT_OK the page is still a guard.
 */
at_status at_mm_unguard(const struct at_mm_mmu *mmu, void *page, uint64_t frame);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_MM_MMU_H */
