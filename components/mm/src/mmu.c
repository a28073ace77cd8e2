/* SPDX-License-Identifier: ISC */
#include <atman/mm/mmu.h>

#include <atman/base/bits.h>
#include <atman/base/panic.h>
#include <atman/mm/frames.h>

static bool is_allowed(uint32_t prot)
{
    return prot != AT_MM_NONE && (prot & ~(AT_MM_READ | AT_MM_WRITE | AT_MM_EXEC)) == 0 &&
           (prot & (AT_MM_WRITE | AT_MM_EXEC)) != (AT_MM_WRITE | AT_MM_EXEC);
}

/* Fills in and writes `count` entries, at most a batch: with `frames`, or without, or with those mapped now. */
static at_status write_batch(const struct at_mm_mmu *mmu, uintptr_t va, const uint64_t *frames, size_t count,
                             uint32_t prot)
{
    struct at_mm_pte_update batch[AT_MM_MMU_BATCH];

    for (size_t i = 0; i < count; ++i) {
        uint32_t now;

        batch[i] = (struct at_mm_pte_update){va + i * AT_MM_PAGE_SIZE, 0, prot};
        if (frames)
            batch[i].frame = frames[i];
        else if (prot != AT_MM_NONE)
            AT_ASSERT(mmu->ops->lookup(mmu->ctx, batch[i].va, &batch[i].frame, &now) == AT_OK);
    }
    return mmu->ops->update(mmu->ctx, batch, count);
}

/* Writes batch after batch until one fails; `*tried` is then the pages that it may have reached. */
static at_status write_all(const struct at_mm_mmu *mmu, uintptr_t va, const uint64_t *frames, size_t count,
                           uint32_t prot, size_t *tried)
{
    at_status status = AT_OK;

    for (*tried = 0; *tried < count && status == AT_OK;) {
        size_t batch = count - *tried < AT_MM_MMU_BATCH ? count - *tried : AT_MM_MMU_BATCH;

        status = write_batch(mmu, va + *tried * AT_MM_PAGE_SIZE, frames ? frames + *tried : NULL, batch, prot);
        *tried += batch;
    }
    return status;
}

at_status at_mm_mmu_map(const struct at_mm_mmu *mmu, uintptr_t va, const uint64_t *frames, size_t count, uint32_t prot)
{
    at_status status;
    size_t tried;

    if (!is_allowed(prot) || !at_bits_is_aligned(va, AT_MM_PAGE_SIZE))
        return AT_INVALID;
    status = write_all(mmu, va, frames, count, prot, &tried);
    if (status != AT_OK && at_mm_mmu_unmap(mmu, va, tried) != AT_OK)
        at_panic("mm: the MMU refuses to undo a mapping");
    return status;
}

at_status at_mm_mmu_unmap(const struct at_mm_mmu *mmu, uintptr_t va, size_t count)
{
    at_status first = AT_OK;

    if (!at_bits_is_aligned(va, AT_MM_PAGE_SIZE))
        return AT_INVALID;
    while (count > 0) {
        size_t tried;
        at_status status = write_all(mmu, va, NULL, count, AT_MM_NONE, &tried);

        if (first == AT_OK)
            first = status;
        va += tried * AT_MM_PAGE_SIZE;
        count -= tried;
    }
    return first;
}

at_status at_mm_mmu_protect(const struct at_mm_mmu *mmu, uintptr_t va, size_t count, uint32_t prot)
{
    uint32_t old = AT_MM_NONE;
    at_status status;
    size_t tried;

    if (!is_allowed(prot) || !at_bits_is_aligned(va, AT_MM_PAGE_SIZE))
        return AT_INVALID;
    if (!mmu->ops->lookup)
        return AT_UNSUPPORTED;
    for (size_t i = 0; i < count; ++i) {
        uint64_t frame;
        uint32_t now;

        status = mmu->ops->lookup(mmu->ctx, va + i * AT_MM_PAGE_SIZE, &frame, &now);
        if (status != AT_OK || now == AT_MM_NONE)
            return status == AT_OK ? AT_NOT_FOUND : status;
        if (i > 0 && now != old)
            return AT_INVALID;
        old = now;
    }
    status = write_all(mmu, va, NULL, count, prot, &tried);
    if (status != AT_OK && write_all(mmu, va, NULL, tried, old, &count) != AT_OK)
        at_panic("mm: the MMU refuses to undo a protection");
    return status;
}

at_status at_mm_guard(const struct at_mm_mmu *mmu, void *page)
{
    return at_mm_mmu_unmap(mmu, (uintptr_t)page, 1);
}

at_status at_mm_unguard(const struct at_mm_mmu *mmu, void *page, uint64_t frame)
{
    return at_mm_mmu_map(mmu, (uintptr_t)page, &frame, 1, AT_MM_READ | AT_MM_WRITE);
}
