/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_MM_SPACE_H
#define ATMAN_MM_SPACE_H

/*
 * Space: a window of virtual addresses, handed out in ranges of pages, for memory that is not in the linear range: the
 * pages other domains grant, shared_info, device pages.
 *
 * The caller owns the context and two bits of memory per page of the window. A range is given back with the length it
 * was taken with; anything else panics, for a range released twice would later be mapped over.
 *
 * Cost: taking a range is a first-fit search, O(window / 64) when it is nearly full; the rest is O(pages).
 * Nothing here blocks or is safe against another CPU.
 */

#include <stddef.h>
#include <stdint.h>

#include <atman/base/status.h>
#include <atman/mm/mmu.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Words that the map of a window of `pages` needs. */
#define AT_MM_SPACE_WORDS(pages) (2 * (((size_t)(pages) + 63) / 64))

/* What a space hands out. */
struct at_mm_space_config {
    uintptr_t base;       /* first address of the window; a multiple of 4096, not 0 */
    size_t pages;         /* at least 1; the window must end within the address space */
    uint64_t *map;        /* AT_MM_SPACE_WORDS(pages) words that outlive the space; their content does not matter */
    struct at_mm_mmu mmu; /* how entries of the window are written */
};

/* A space. Every member is private. */
struct at_mm_space {
    uintptr_t base;
    size_t pages;
    uint64_t *taken; /* a bit per page: belongs to a range */
    uint64_t *last;  /* a bit per page: is the last one of its range */
    size_t free;     /* pages not taken */
    size_t hint;     /* no page below it is free */
    struct at_mm_mmu mmu;
};

/*
 * at_mm_space_init makes `space` empty, over what `config` describes; panics if that contradicts itself. O(pages /
 * 64).
 */
void at_mm_space_init(struct at_mm_space *space, const struct at_mm_space_config *config);

/*
 * at_mm_space_reserve stores in `*va` the address of `count` contiguous pages in which nothing is mapped but whose page
 * tables exist, so that a hypercall can map a grant there. They are the caller's until at_mm_space_release().
 *
 * Returns AT_OK; AT_INVALID if count is 0; AT_NO_SPACE when no such gap is left; or what the MMU returned. `*va` is
 * only written on AT_OK.
 */
at_status at_mm_space_reserve(struct at_mm_space *space, void **va, size_t count);

/*
 * at_mm_space_release takes back the range that at_mm_space_reserve() gave, with the same count and nothing mapped in
 * it any more; anything else that can be seen panics.
 */
void at_mm_space_release(struct at_mm_space *space, void *va, size_t count);

/*
 * at_mm_space_map reserves `count` pages, maps `frames` there in their order, and stores the address in `*va`.
 * The frames stay the caller's.
 *
 * Returns AT_OK; AT_INVALID as at_mm_space_reserve() and at_mm_mmu_map() do; AT_NO_SPACE; or what the MMU returned, and
 * then nothing is mapped or reserved.
 */
at_status at_mm_space_map(struct at_mm_space *space, void **va, const uint64_t *frames, size_t count, uint32_t prot);

/*
 * at_mm_space_protect changes what the pages [va, va + count * 4096) may be used for: all or part of a range that
 * at_mm_space_map() gave. Returns as at_mm_mmu_protect(); AT_RANGE if they are not all in the window and taken.
 */
at_status at_mm_space_protect(struct at_mm_space *space, void *va, size_t count, uint32_t prot);

/*
 * at_mm_space_unmap undoes at_mm_space_map(), with the same count; a range that is none panics.
 *
 * Returns AT_OK, or what the MMU returned: the range is then still reserved and may be partly mapped; call it again.
 */
at_status at_mm_space_unmap(struct at_mm_space *space, void *va, size_t count);

/* at_mm_space_free_pages returns how many pages of the window are in no range. */
size_t at_mm_space_free_pages(const struct at_mm_space *space);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_MM_SPACE_H */
