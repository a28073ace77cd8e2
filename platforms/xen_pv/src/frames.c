/* SPDX-License-Identifier: ISC */
/*
 * All memory that Xen gave and nobody uses, as at_guest_frames(), in the direct map.
 *
 * By page number, from 0:
 *
 *     image, start info, XenStore, console, page tables | left over | p2m | tables | state | the rest
 *     '---------------- mapped by the builder ----------------------'  '--- mapped 2 MiB at a time ---'
 *
 * The builder maps up to a 4 MiB boundary; what is left over there serves small guests without a page-table update.
 * Behind p2m a page is set aside for each further 2 MiB (its level-1 table), then a byte for each page (the allocator's
 * state; among the left-over pages if it fits in half of them). Both are mapped no sooner than the memory they
 * describe, so that a guest pays for what it uses, not for what it has.
 *
 * The table of one 2 MiB chunk lies in the chunk that would have to be mapped with it; that one's comes out of what is
 * left over. There can be two such chunks: the table of chunk c is in chunk (k + c) / 512 for some k, which is c for at
 * most two neighbouring values of c. From there come the level-2 tables of further GiB too: anywhere else mapping one
 * could need itself.
 */

#include <string.h>

#include <atman/guest.h>
#include <atman/mm/frames.h>

#include "internal.h"
#include "mmu.h"

#define CHUNK AT_XEN_PV_TABLE_ENTRIES
#define HOSTS_MAX 2u
#define GIB_SHIFT 30

static struct memory {
    struct at_mm_frames frames;
    uint64_t pages;      /* that the domain has */
    uint64_t first;      /* page where chunk 0 begins: what the builder mapped ends here */
    uint64_t tables;     /* page that is chunk 0's level-1 table */
    uint64_t own_tables; /* page for the next level-2 table, or of a chunk whose table would be in itself */
    uint64_t state;      /* first page of the allocator's state */
    int ready;
} memory;

/* How many level-2 tables the direct map needs at most, wherever it begins, beside the one that the builder made. */
static uint64_t further_gibs(void)
{
    return (((AT_XEN_PV_DIRECT_HIGHEST >> AT_XEN_PV_PAGE_SHIFT) + memory.pages) >> (GIB_SHIFT - AT_XEN_PV_PAGE_SHIFT)) -
           (AT_XEN_PV_DIRECT_HIGHEST >> GIB_SHIFT);
}

static uintptr_t chunk_address(uint64_t chunk)
{
    return (uintptr_t)at_xen_pv_direct(memory.first + chunk * CHUNK);
}

/* Sees to it that the level-2 table for `va` exists. */
static at_status make_level2(uintptr_t va)
{
    void *table = at_xen_pv_direct(memory.own_tables);
    uint64_t address;

    if (at_xen_pv_find_entry(&address, va, 3) != 0)
        return AT_OK;
    memory.own_tables++;
    memset(table, 0, AT_XEN_PV_PAGE_SIZE);
    return at_xen_pv_link(table, va, 3);
}

/* Fills `table` for `chunk`: every page the domain has there, but not p2m, whose own tables must stay read-only. */
static void fill(uint64_t *table, uint64_t chunk)
{
    uint64_t p2m = at_xen_pv_start_info->first_p2m_pfn;
    uint64_t pfn = memory.first + chunk * CHUNK;
    unsigned slot;

    for (slot = 0; slot < CHUNK; slot++, pfn++) {
        int mapped = pfn < memory.pages && (pfn < p2m || pfn >= p2m + at_xen_pv_start_info->nr_p2m_frames);

        table[slot] = mapped ? at_xen_pv_frame_of_pfn(pfn) << AT_XEN_PV_PAGE_SHIFT | AT_XEN_PV_PTE_RW : 0;
    }
}

static at_status map_page(uint64_t pfn);

static at_status map_chunk(uint64_t chunk)
{
    uint64_t page = memory.tables + chunk;
    at_status status = make_level2(chunk_address(chunk));

    if (status != AT_OK)
        return status;
    if ((page - memory.first) / CHUNK == chunk)
        page = memory.own_tables++;
    else
        status = map_page(page);
    if (status != AT_OK)
        return status;
    fill(at_xen_pv_direct(page), chunk);
    return at_xen_pv_link(at_xen_pv_direct(page), chunk_address(chunk), 2);
}

/* Sees to it that page `pfn`, and with it its chunk, is mapped. */
static at_status map_page(uint64_t pfn)
{
    uint64_t address;

    if (at_xen_pv_find_entry(&address, (uintptr_t)at_xen_pv_direct(pfn), 2) != 0)
        return AT_OK;
    return map_chunk((pfn - memory.first) / CHUNK);
}

/* Sees to it that the state bytes of pages [first, end) are mapped: so few that they lie in two chunks at most. */
static at_status map_state(uint64_t first, uint64_t end)
{
    at_status status = map_page(memory.state + first / AT_XEN_PV_PAGE_SIZE);

    return status == AT_OK ? map_page(memory.state + (end - 1) / AT_XEN_PV_PAGE_SIZE) : status;
}

/* at_mm_frames_grow_fn: to the end of a chunk, with the state bytes for it. */
static at_status grow(void *ctx, size_t first_page, size_t count, size_t *grown)
{
    size_t page = first_page;

    (void)ctx;
    *grown = 0;
    while (*grown < count) {
        size_t end = page + CHUNK - (page - memory.first) % CHUNK;
        at_status status = map_page(page);

        if (end > memory.pages)
            end = memory.pages;
        if (status == AT_OK)
            status = map_state(page, end);
        if (status != AT_OK)
            return status;
        page = end;
        *grown = end - first_page;
    }
    return AT_OK;
}

/* Where the state goes; takes it from the left-over pages [*low, high) or from those behind the tables, at *behind. */
static uint64_t place_state(uint64_t *low, uint64_t high, uint64_t *behind)
{
    uint64_t pages = (memory.pages + AT_XEN_PV_PAGE_SIZE - 1) / AT_XEN_PV_PAGE_SIZE;
    uint64_t *from = pages <= (high - *low) / 2 ? low : behind;
    uint64_t state = *from;

    *from += pages;
    return state;
}

static void start(void)
{
    const start_info_t *info = at_xen_pv_start_info;
    uint64_t low = ((info->pt_base - AT_XEN_PV_IMAGE_BASE) >> AT_XEN_PV_PAGE_SHIFT) + info->nr_pt_frames;
    uint64_t behind = info->first_p2m_pfn + info->nr_p2m_frames;
    struct at_mm_frames_config config = {.base = at_xen_pv_direct(0), .grow = grow};
    uint64_t left;

    memory.pages = info->nr_pages;
    memory.first = info->first_p2m_pfn;
    memory.own_tables = memory.first - HOSTS_MAX - further_gibs();
    memory.tables = behind;
    behind += (memory.pages - memory.first + CHUNK - 1) / CHUNK;
    memory.state = place_state(&low, memory.own_tables, &behind);
    if (behind > memory.pages)
        behind = memory.pages; /* a small domain: what lies behind p2m is too little to describe itself */

    config.pages = memory.pages;
    config.first_page = behind;
    config.ready_pages = behind;
    config.state = at_xen_pv_direct(memory.state);
    left = memory.own_tables - low; /* before a table is taken; negative: there is no room for the level-2 tables */
    if ((int64_t)left < 0 || map_state(low, behind) != AT_OK) /* at_mm_frames_add() writes it */
        at_panic("memory too small or large");
    at_mm_frames_init(&memory.frames, &config);
    at_mm_frames_add(&memory.frames, low, left);
    memory.ready = 1;
}

struct at_mm_frames *at_guest_frames(void)
{
    if (!memory.ready)
        start();
    return &memory.frames;
}
