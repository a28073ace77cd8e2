/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_MM_MEMORY_H
#define ATMAN_MM_MEMORY_H

/*
 * The memory seam: how mm gives machine memory back, gets it again, and has blocks made contiguous in it.
 *
 * The pages of the linear range keep their addresses; what changes is whether and which machine memory is behind them.
 * Over it: balloons (<atman/mm/balloon.h>) and the contiguous blocks below, for a device or a peer that takes machine
 * addresses. Nothing here knows a hypervisor; the platform's at_mm_memory_ops does. Nothing here blocks.
 */

#include <stddef.h>
#include <stdint.h>

#include <atman/mm/frames.h>

#ifdef __cplusplus
extern "C" {
#endif

/* At most so many pages go to the platform in one call of `give` or `take`. */
#define AT_MM_MEMORY_BATCH 32

/* What the platform provides. `pages` are addresses in the linear range, 4096-aligned, each once. */
struct at_mm_memory_ops {
    /*
     * Gives the memory behind `count` pages (1 to AT_MM_MEMORY_BATCH) back; nothing is mapped there afterwards. Stores
     * in `*done` how many, from the first on: the others are as they were. AT_OK, or why not all.
     */
    at_status (*give)(void *ctx, size_t *done, void *const *pages, size_t count);
    /*
     * Puts memory behind `count` pages that `give` took, readable and writable, contents undefined. Stores in `*done`
     * how many, from the first on: the others are as they were. AT_OK, or why not all.
     */
    at_status (*take)(void *ctx, size_t *done, void *const *pages, size_t count);
    /*
     * Puts machine memory that is contiguous, aligned to its size and below 1 << address_bits (0: anywhere) behind the
     * 1 << order pages at `block`, contents undefined, and stores its first machine frame. AT_OK; AT_UNSUPPORTED or
     * AT_DENIED where there is no such thing, AT_NO_MEMORY, or another status: nothing has changed then. NULL where
     * this cannot be had.
     */
    at_status (*exchange)(void *ctx, uint64_t *frame, void *block, unsigned order, unsigned address_bits);
};

/* The machine's memory: passed and kept by value. */
struct at_mm_memory {
    const struct at_mm_memory_ops *ops;
    void *ctx;
};

/*
 * at_mm_contiguous_alloc stores in `*block` a block of 1 << `order` pages as at_mm_frames_alloc() gives it, which is
 * also contiguous in machine memory, aligned there to its size and below 1 << `address_bits` bytes (0: anywhere); its
 * first machine frame goes to `*frame`. Nothing that anybody has freed goes with the frames given for it. It is the
 * caller's until at_mm_frames_free() with the same order.
 *
 * Returns AT_OK; AT_INVALID if order is above AT_MM_ORDER_MAX; AT_UNSUPPORTED if the platform has no `exchange`; or
 * what at_mm_frames_alloc() or `exchange` returned. Nothing is held then. O(2^order).
 */
at_status at_mm_contiguous_alloc(struct at_mm_frames *frames, struct at_mm_memory memory, void **block, uint64_t *frame,
                                 unsigned order, unsigned address_bits);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_MM_MEMORY_H */
