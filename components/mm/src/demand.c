/* SPDX-License-Identifier: ISC */
#include <atman/mm/demand.h>

#include <string.h>

#include <atman/base/bits.h>
#include <atman/base/panic.h>

void at_mm_demand_init(struct at_mm_demand *demand, struct at_mm_space *space, struct at_mm_pages pages,
                       at_mm_demand_page_of_fn page_of, void *ctx)
{
    *demand = (struct at_mm_demand){.space = space, .pages = pages, .page_of = page_of, .ctx = ctx};
    at_list_init(&demand->ranges);
}

at_status at_mm_demand_reserve(struct at_mm_demand *demand, struct at_mm_demand_range *range, void **va, size_t count)
{
    at_status status;

    *range = (struct at_mm_demand_range){.count = count};
    status = at_mm_space_reserve(demand->space, &range->va, count);
    if (status != AT_OK)
        return status;
    at_list_push_front(&demand->ranges, &range->node);
    *va = range->va;
    return AT_OK;
}

/* What frame is mapped at `va`, whose page table exists. Returns whether one is. */
static bool is_present(const struct at_mm_demand *demand, uintptr_t va, uint64_t *frame)
{
    const struct at_mm_mmu *mmu = &demand->space->mmu;
    uint32_t prot = AT_MM_NONE;

    AT_ASSERT(mmu->ops->lookup && mmu->ops->lookup(mmu->ctx, va, frame, &prot) == AT_OK);
    return prot != AT_MM_NONE;
}

/* Unmaps up to a batch of a range's pages from `va` on, and frees those that are gone afterwards. */
static at_status release_batch(struct at_mm_demand *demand, struct at_mm_demand_range *range, uintptr_t va,
                               size_t count)
{
    uint64_t frame[AT_MM_MMU_BATCH], now;
    bool present[AT_MM_MMU_BATCH];
    at_status status;

    for (size_t i = 0; i < count; ++i)
        present[i] = is_present(demand, va + i * AT_MM_PAGE_SIZE, &frame[i]);
    status = at_mm_mmu_unmap(&demand->space->mmu, va, count);
    for (size_t i = 0; i < count; ++i) {
        if (!present[i] || (status != AT_OK && is_present(demand, va + i * AT_MM_PAGE_SIZE, &now)))
            continue;
        at_mm_pages_free(demand->pages, demand->page_of(demand->ctx, frame[i]));
        range->present--;
    }
    return status;
}

at_status at_mm_demand_release(struct at_mm_demand *demand, struct at_mm_demand_range *range)
{
    uintptr_t va = (uintptr_t)range->va;

    for (size_t at = 0; range->present > 0; at += AT_MM_MMU_BATCH) {
        size_t left = range->count - at;
        at_status status =
            release_batch(demand, range, va + at * AT_MM_PAGE_SIZE, left < AT_MM_MMU_BATCH ? left : AT_MM_MMU_BATCH);

        if (status != AT_OK)
            return status;
    }
    at_list_remove(&range->node);
    at_mm_space_release(demand->space, range->va, range->count);
    return AT_OK;
}

/* The range that `va` is in, or NULL. */
static struct at_mm_demand_range *find(struct at_mm_demand *demand, uintptr_t va)
{
    struct at_list_node *node;

    for (node = at_list_first(&demand->ranges); node; node = at_list_next(&demand->ranges, node)) {
        struct at_mm_demand_range *range = AT_CONTAINER_OF(node, struct at_mm_demand_range, node);

        if ((va - (uintptr_t)range->va) / AT_MM_PAGE_SIZE < range->count)
            return range;
    }
    return NULL;
}

at_status at_mm_demand_touch(struct at_mm_demand *demand, const void *address)
{
    uintptr_t va = (uintptr_t)address & ~(AT_MM_PAGE_SIZE - 1);
    struct at_mm_demand_range *range = find(demand, va);
    at_status status;
    uint64_t frame;
    void *page;

    if (!range)
        return AT_NOT_FOUND;
    if (is_present(demand, va, &frame))
        return AT_EXISTS;
    page = at_mm_pages_alloc(demand->pages);
    if (!page)
        return AT_NO_MEMORY;
    memset(page, 0, AT_MM_PAGE_SIZE);
    frame = at_mm_pages_frame(demand->pages, page);
    status = at_mm_mmu_map(&demand->space->mmu, va, &frame, 1, AT_MM_READ | AT_MM_WRITE);
    if (status != AT_OK) {
        at_mm_pages_free(demand->pages, page);
        return status;
    }
    range->present++;
    return AT_OK;
}
