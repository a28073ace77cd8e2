/* SPDX-License-Identifier: ISC */
/* The memory seam of mm on Xen's memory hypercalls: the frames behind the direct map, and p2m kept true to them. */

#include <atman/guest.h>
#include <atman/mm/memory.h>
#include <atman/mm/mmu.h>
#include <atman/xen/memory.h>

#include "internal.h"
#include "mmu.h"

#define NO_FRAME (~0ul) /* Xen's INVALID_P2M_ENTRY */
#define ORDER_MAX 9u

static uint64_t page_of(const void *address)
{
    return ((uintptr_t)address - at_xen_pv_direct_base) >> AT_XEN_PV_PAGE_SHIFT;
}

static void set_frame(uint64_t pfn, uint64_t frame)
{
    ((uint64_t *)AT_XEN_PV_P2M_BASE)[pfn] = frame;
}

/* Maps `count` pages of the direct map, a batch at most, to the frames that p2m says; or to nothing. */
static at_status write_entries(void *const *pages, size_t count, uint32_t prot)
{
    struct at_mm_pte_update updates[AT_MM_MEMORY_BATCH];

    for (size_t i = 0; i < count; i++) {
        uint64_t frame = prot == AT_MM_NONE ? 0 : at_xen_pv_frame_of_pfn(page_of(pages[i]));

        updates[i] = (struct at_mm_pte_update){(uintptr_t)pages[i], frame, prot};
    }
    return count == 0 ? AT_OK : at_xen_pv_mmu.ops->update(at_xen_pv_mmu.ctx, updates, count);
}

/* The same, where there is no way on if it fails: the allocator counts on these pages. */
static void map(void *const *pages, size_t count)
{
    if (write_entries(pages, count, AT_MM_READ | AT_MM_WRITE) != AT_OK)
        at_panic("Xen does not map the guest's own memory");
}

static at_status give(void *ctx, size_t *done, void *const *pages, size_t count)
{
    uint64_t frames[AT_MM_MEMORY_BATCH];
    at_status status = write_entries(pages, count, AT_MM_NONE);

    (void)ctx;
    *done = 0;
    for (size_t i = 0; i < count; i++)
        frames[i] = at_xen_pv_frame_of_pfn(page_of(pages[i]));
    if (status == AT_OK)
        status = at_xen_memory_decrease(done, frames, count);
    for (size_t i = 0; i < *done; i++)
        set_frame(page_of(pages[i]), NO_FRAME);
    map(pages + *done, count - *done);
    return status;
}

static at_status take(void *ctx, size_t *done, void *const *pages, size_t count)
{
    uint64_t frames[AT_MM_MEMORY_BATCH];
    at_status status;

    (void)ctx;
    for (size_t i = 0; i < count; i++)
        frames[i] = page_of(pages[i]);
    status = at_xen_memory_populate(done, frames, count);
    for (size_t i = 0; i < *done; i++)
        set_frame(page_of(pages[i]), frames[i]);
    map(pages, *done);
    return status;
}

/* Maps, or unmaps, all pages of a block. */
static at_status write_block(uint8_t *block, size_t count, uint32_t prot)
{
    at_status status = AT_OK;

    for (size_t first = 0; first < count && status == AT_OK; first += AT_MM_MEMORY_BATCH) {
        void *pages[AT_MM_MEMORY_BATCH];
        size_t batch = count - first < AT_MM_MEMORY_BATCH ? count - first : AT_MM_MEMORY_BATCH;

        for (size_t i = 0; i < batch; i++)
            pages[i] = block + (first + i) * AT_XEN_PV_PAGE_SIZE;
        status = write_entries(pages, batch, prot);
    }
    return status;
}

static at_status exchange(void *ctx, uint64_t *frame, void *block, unsigned order, unsigned address_bits)
{
    static uint64_t frames[1u << ORDER_MAX]; /* too large for a stack; there is one CPU and nothing waits here */
    size_t count = (size_t)1 << order;
    uint64_t pfn = page_of(block);
    at_status status;

    (void)ctx;
    if (order > ORDER_MAX)
        return AT_UNSUPPORTED;
    for (size_t i = 0; i < count; i++)
        frames[i] = at_xen_pv_frame_of_pfn(pfn + i);
    status = write_block(block, count, AT_MM_NONE);
    if (status == AT_OK)
        status = at_xen_memory_exchange(frame, frames, order, pfn, address_bits);
    for (size_t i = 0; status == AT_OK && i < count; i++)
        set_frame(pfn + i, *frame + i);
    if (write_block(block, count, AT_MM_READ | AT_MM_WRITE) != AT_OK)
        at_panic("Xen does not map the guest's own memory");
    return status;
}

struct at_mm_memory at_guest_memory(void)
{
    static const struct at_mm_memory_ops ops = {.give = give, .take = take, .exchange = exchange};

    return (struct at_mm_memory){.ops = &ops};
}
