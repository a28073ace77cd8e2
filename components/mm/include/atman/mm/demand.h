/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_MM_DEMAND_H
#define ATMAN_MM_DEMAND_H

/*
 * Demand-zero ranges: addresses that become memory, all 0, page by page, as they are first touched.
 *
 * For what is large and sparse, such as a table indexed by hash: reserving costs addresses and page tables, and each
 * page its memory when it is first needed. The platform's page-fault handler calls at_mm_demand_touch(); a caller that
 * has none does so itself.
 *
 * Not for: stacks (an exception needs one to be reported on), hypercall arguments, grants, or whatever another domain
 * or a device is to touch: no fault comes here from them. Touch such pages first.
 */

#include <stddef.h>

#include <atman/mm/pages.h>
#include <atman/mm/space.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Returns the page, as at_mm_pages_alloc() gave it, whose machine frame is `frame`. */
typedef void *(*at_mm_demand_page_of_fn)(void *ctx, uint64_t frame);

/* A range. Memory of the caller's; every member is private. Must not move between reserve and release. */
struct at_mm_demand_range {
    struct at_list_node node;
    void *va;
    size_t count;
    size_t present; /* pages that are memory by now */
};

/* What makes ranges memory. Every member is private. */
struct at_mm_demand {
    struct at_mm_space *space;
    struct at_mm_pages pages;
    at_mm_demand_page_of_fn page_of;
    void *ctx;
    struct at_list ranges;
};

/*
 * at_mm_demand_init makes `demand` without ranges, over addresses of `space` and memory of `pages`; both must outlive
 * it. `page_of(ctx, ...)` is the inverse of at_mm_pages_frame().
 */
void at_mm_demand_init(struct at_mm_demand *demand, struct at_mm_space *space, struct at_mm_pages pages,
                       at_mm_demand_page_of_fn page_of, void *ctx);

/*
 * at_mm_demand_reserve makes `range` `count` pages long and stores its address in `*va`. Nothing is mapped yet. Returns
 * AT_OK, or what at_mm_space_reserve() returned.
 */
at_status at_mm_demand_reserve(struct at_mm_demand *demand, struct at_mm_demand_range *range, void **va, size_t count);

/*
 * at_mm_demand_release unmaps `range` and frees its memory and addresses. Returns AT_OK, or what the MMU returned: the
 * range is then still there, partly; call it again. O(count).
 */
at_status at_mm_demand_release(struct at_mm_demand *demand, struct at_mm_demand_range *range);

/*
 * at_mm_demand_touch makes the page around `va` memory, all 0. Does not block. O(ranges).
 *
 * Returns AT_OK; AT_EXISTS when it is memory already; AT_NOT_FOUND when `va` is in no range; AT_NO_MEMORY when no page
 * is left; or what the MMU returned. Nothing is held in addition unless AT_OK.
 */
at_status at_mm_demand_touch(struct at_mm_demand *demand, const void *va);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_MM_DEMAND_H */
