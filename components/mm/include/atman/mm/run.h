/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_MM_RUN_H
#define ATMAN_MM_RUN_H

/*
 * Runs: any number of contiguous pages, from 1 to all there are, out of the same frames as the blocks of
 * <atman/mm/frames.h>. A run wastes nothing: what a block has beyond the pages asked for is free at once. Its length is
 * kept in the state bytes of its pages, so a run is known by its address alone and no page holds a header.
 *
 * Runs are freed by at_mm_run_free() only; a run given to at_mm_frames_free(), or a block given to at_mm_run_free(),
 * panics.
 */

#include <stddef.h>

#include <atman/mm/frames.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * at_mm_run_alloc stores in `*run` the address of `pages` contiguous pages, contents undefined, the caller's until
 * at_mm_run_free(). The address is a multiple of the smallest power of two that holds the run, and of
 * AT_MM_PAGE_SIZE << `align_order`; above 4 MiB, of 4 MiB.
 *
 * Returns AT_OK; AT_INVALID if `pages` is 0 or align_order above AT_MM_ORDER_MAX; AT_NO_MEMORY; or what `grow`
 * returned. O(AT_MM_ORDER_MAX) up to 4 MiB; beyond that O(memory / 4 MiB), for a search.
 */
at_status at_mm_run_alloc(struct at_mm_frames *frames, void **run, size_t pages, unsigned align_order);

/* at_mm_run_free takes back `run`, which at_mm_run_alloc() gave; anything else panics. O(order + pages / 1024). */
void at_mm_run_free(struct at_mm_frames *frames, void *run);

/*
 * at_mm_run_resize makes `run` `pages` long where it is; what is kept of its content stays. Shrinking cannot fail.
 *
 * Returns AT_OK; AT_INVALID if `pages` is 0; AT_NO_SPACE if the pages behind it are not free; or what `grow` returned.
 * The run is unchanged unless AT_OK. A run that is none panics. O(order + pages / 1024).
 */
at_status at_mm_run_resize(struct at_mm_frames *frames, void *run, size_t pages);

/* at_mm_run_pages returns the length of `run`, which at_mm_run_alloc() gave; anything else panics. */
size_t at_mm_run_pages(const struct at_mm_frames *frames, const void *run);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_MM_RUN_H */
