/* SPDX-License-Identifier: ISC */
#include <atman/mm/space.h>

#include <stdbool.h>
#include <string.h>

#include <atman/base/bits.h>
#include <atman/base/panic.h>
#include <atman/mm/frames.h>

static bool bit(const uint64_t *map, size_t i)
{
    return map[i / 64] >> i % 64 & 1;
}

static void flip(uint64_t *map, size_t i)
{
    map[i / 64] ^= (uint64_t)1 << i % 64;
}

void at_mm_space_init(struct at_mm_space *space, const struct at_mm_space_config *config)
{
    AT_ASSERT(config->base != 0 && at_bits_is_aligned(config->base, AT_MM_PAGE_SIZE));
    AT_ASSERT(config->pages != 0 && config->pages <= (UINTPTR_MAX - config->base) / AT_MM_PAGE_SIZE);
    space->base = config->base;
    space->pages = config->pages;
    space->taken = config->map;
    space->last = config->map + AT_MM_SPACE_WORDS(config->pages) / 2;
    space->free = config->pages;
    space->hint = 0;
    space->mmu = config->mmu;
    memset(config->map, 0, AT_MM_SPACE_WORDS(config->pages) * sizeof(*config->map));
}

/* Finds the first gap of `count` pages. Returns its page, or the window's length when there is none. */
static size_t find_gap(const struct at_mm_space *space, size_t count)
{
    size_t start = space->hint;

    for (size_t i = start; i - start < count; ++i) {
        if (i >= space->pages)
            return space->pages;
        if (i % 64 == 0 && space->taken[i / 64] == UINT64_MAX) {
            i += 63;
            start = i + 1;
        } else if (bit(space->taken, i)) {
            start = i + 1;
        }
    }
    return start;
}

at_status at_mm_space_reserve(struct at_mm_space *space, void **va, size_t count)
{
    uintptr_t address;
    at_status status;
    size_t first;

    if (count == 0)
        return AT_INVALID;
    first = find_gap(space, count);
    if (first == space->pages)
        return AT_NO_SPACE;
    address = space->base + first * AT_MM_PAGE_SIZE;
    status = space->mmu.ops->tables(space->mmu.ctx, address, count);
    if (status != AT_OK)
        return status;
    for (size_t i = first; i < first + count; ++i)
        flip(space->taken, i);
    flip(space->last, first + count - 1);
    space->free -= count;
    if (first == space->hint)
        space->hint = first + count;
    *va = (void *)address;
    return AT_OK;
}

/* Returns the page of `va`; panics unless exactly [va, va + count pages) is one range. */
static size_t range_of(const struct at_mm_space *space, const void *va, size_t count)
{
    size_t first = ((uintptr_t)va - space->base) / AT_MM_PAGE_SIZE;
    bool is_range = at_bits_is_aligned((uintptr_t)va, AT_MM_PAGE_SIZE) && first < space->pages && count != 0 &&
                    count <= space->pages - first && bit(space->taken, first) && bit(space->last, first + count - 1) &&
                    (first == 0 || !bit(space->taken, first - 1) || bit(space->last, first - 1));

    for (size_t i = first; is_range && i + 1 < first + count; ++i)
        is_range = !bit(space->last, i);
    if (!is_range)
        at_panic("mm: released a range of addresses that is none");
    return first;
}

void at_mm_space_release(struct at_mm_space *space, void *va, size_t count)
{
    size_t first = range_of(space, va, count);

    flip(space->last, first + count - 1);
    for (size_t i = first; i < first + count; ++i)
        flip(space->taken, i);
    space->free += count;
    if (first < space->hint)
        space->hint = first;
}

at_status at_mm_space_map(struct at_mm_space *space, void **va, const uint64_t *frames, size_t count, uint32_t prot)
{
    void *address;
    at_status status = at_mm_space_reserve(space, &address, count);

    if (status != AT_OK)
        return status;
    status = at_mm_mmu_map(&space->mmu, (uintptr_t)address, frames, count, prot);
    if (status != AT_OK)
        at_mm_space_release(space, address, count);
    else
        *va = address;
    return status;
}

at_status at_mm_space_protect(struct at_mm_space *space, void *va, size_t count, uint32_t prot)
{
    size_t first = ((uintptr_t)va - space->base) / AT_MM_PAGE_SIZE;

    if (first >= space->pages || count > space->pages - first)
        return AT_RANGE;
    for (size_t i = first; i < first + count; ++i)
        if (!bit(space->taken, i))
            return AT_RANGE;
    return at_mm_mmu_protect(&space->mmu, (uintptr_t)va, count, prot);
}

at_status at_mm_space_unmap(struct at_mm_space *space, void *va, size_t count)
{
    at_status status;

    range_of(space, va, count);
    status = at_mm_mmu_unmap(&space->mmu, (uintptr_t)va, count);
    if (status == AT_OK)
        at_mm_space_release(space, va, count);
    return status;
}

size_t at_mm_space_free_pages(const struct at_mm_space *space)
{
    return space->free;
}
