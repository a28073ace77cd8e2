/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TESTING_MM_CONTRACT_H
#define ATMAN_TESTING_MM_CONTRACT_H

/*
 * Contract suites of mm: what frames, heap, space and the memory seam promise on any memory and any MMU. They run under
 * GoogleTest on fake memory and a fake MMU and, linked into a kernel, on Xen's. Each case gives back what it took, so
 * the suites can run in a kernel that uses the same allocator, and need little of it: 128 free pages, 80 free pages of
 * the window.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atman/mm/frames.h>
#include <atman/mm/heap.h>
#include <atman/mm/memory.h>
#include <atman/mm/space.h>
#include <atman/testing/contract.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the cases work on; all of it initialised. */
struct at_mm_contract_env {
    struct at_mm_frames *frames;
    struct at_mm_heap *heap;
    struct at_mm_space *space;
    struct at_mm_memory memory;
    uint64_t (*frame_of)(void *ctx, const void *page); /* machine frame of a page of `frames` */
    void *ctx;                                         /* for frame_of */
    bool mapped_is_memory; /* what `space` maps can be read and written: true on Xen, false on a fake MMU */
};

extern const struct at_contract_case at_mm_frames_contract[];
extern const size_t at_mm_frames_contract_count;
extern const struct at_contract_case at_mm_heap_contract[];
extern const size_t at_mm_heap_contract_count;
extern const struct at_contract_case at_mm_space_contract[];
extern const size_t at_mm_space_contract_count;
extern const struct at_contract_case at_mm_memory_contract[];
extern const size_t at_mm_memory_contract_count;

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_TESTING_MM_CONTRACT_H */
