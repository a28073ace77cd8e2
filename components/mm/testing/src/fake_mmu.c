/* SPDX-License-Identifier: ISC */
#include <atman/testing/fake_mmu.h>

#include <string.h>

#include <atman/base/panic.h>
#include <atman/mm/frames.h>

#define WRITE_AND_EXEC (AT_MM_WRITE | AT_MM_EXEC)

static size_t page_of(const struct at_fake_mmu *mmu, uintptr_t va)
{
    return (va - mmu->base) / AT_MM_PAGE_SIZE;
}

static bool *table_of(struct at_fake_mmu *mmu, uintptr_t va)
{
    uintptr_t span = AT_FAKE_MMU_TABLE_PAGES * AT_MM_PAGE_SIZE;

    return &mmu->table[va / span - mmu->base / span];
}

/* Counts `*countdown` down and returns whether this is the call that shall fail. */
static bool fails_now(size_t *countdown)
{
    return *countdown > 0 && --*countdown == 0;
}

static at_status tables(void *ctx, uintptr_t va, size_t pages)
{
    struct at_fake_mmu *mmu = ctx;

    if (page_of(mmu, va) >= AT_FAKE_MMU_PAGES || pages > AT_FAKE_MMU_PAGES - page_of(mmu, va))
        return AT_RANGE;
    if (fails_now(&mmu->fail_tables))
        return AT_NO_MEMORY;
    for (size_t i = 0; i < pages; ++i) {
        bool *table = table_of(mmu, va + i * AT_MM_PAGE_SIZE);

        mmu->tables_made += !*table;
        *table = true;
    }
    return AT_OK;
}

static at_status write_entry(struct at_fake_mmu *mmu, const struct at_mm_pte_update *update)
{
    size_t page = page_of(mmu, update->va);

    if (update->va % AT_MM_PAGE_SIZE != 0 || page >= AT_FAKE_MMU_PAGES || update->frame >= AT_FAKE_MMU_FRAMES)
        return AT_RANGE;
    if (!*table_of(mmu, update->va))
        return AT_NOT_FOUND;
    if (update->prot == AT_MM_NONE && update->frame != 0)
        at_panic("fake mmu: an unmapped entry still holds a frame: Xen ends the domain");
    if ((update->prot & WRITE_AND_EXEC) == WRITE_AND_EXEC)
        at_panic("fake mmu: a page would be writable and executable");
    if (update->prot != AT_MM_NONE && mmu->owner[update->frame] == AT_FAKE_MMU_FOREIGN)
        return AT_DENIED;
    if ((update->prot & AT_MM_WRITE) && mmu->owner[update->frame] == AT_FAKE_MMU_TABLE)
        return AT_DENIED;
    mmu->frame[page] = update->frame;
    mmu->prot[page] = update->prot;
    return AT_OK;
}

static at_status update(void *ctx, const struct at_mm_pte_update *updates, size_t count)
{
    struct at_fake_mmu *mmu = ctx;

    if (count == 0 || count > AT_MM_MMU_BATCH)
        at_panic("fake mmu: a batch is empty or too long");
    mmu->calls++;
    for (size_t i = 0; i < count; ++i) {
        at_status status = mmu->dead || fails_now(&mmu->fail_update) ? AT_IO : write_entry(mmu, &updates[i]);

        if (status != AT_OK)
            return status;
        mmu->updates++;
    }
    return AT_OK;
}

static at_status lookup(void *ctx, uintptr_t va, uint64_t *frame, uint32_t *prot)
{
    struct at_fake_mmu *mmu = ctx;

    if (page_of(mmu, va) >= AT_FAKE_MMU_PAGES || !*table_of(mmu, va))
        return AT_NOT_FOUND;
    *frame = mmu->frame[page_of(mmu, va)];
    *prot = mmu->prot[page_of(mmu, va)];
    return AT_OK;
}

void at_fake_mmu_init(struct at_fake_mmu *mmu, uintptr_t base)
{
    memset(mmu, 0, sizeof(*mmu));
    mmu->base = base;
}

struct at_mm_mmu at_fake_mmu_seam(struct at_fake_mmu *mmu)
{
    static const struct at_mm_mmu_ops ops = {tables, update, lookup};

    return (struct at_mm_mmu){&ops, mmu};
}

size_t at_fake_mmu_mapped(const struct at_fake_mmu *mmu)
{
    size_t mapped = 0;

    for (size_t i = 0; i < AT_FAKE_MMU_PAGES; ++i)
        mapped += mmu->prot[i] != AT_MM_NONE;
    return mapped;
}

uint32_t at_fake_mmu_prot(const struct at_fake_mmu *mmu, const void *va)
{
    return mmu->prot[page_of(mmu, (uintptr_t)va)];
}

uint64_t at_fake_mmu_frame(const struct at_fake_mmu *mmu, const void *va)
{
    return mmu->frame[page_of(mmu, (uintptr_t)va)];
}

size_t at_fake_mmu_aliases(const struct at_fake_mmu *mmu)
{
    uint32_t prot[AT_FAKE_MMU_FRAMES] = {0};
    size_t aliases = 0;

    for (size_t i = 0; i < AT_FAKE_MMU_PAGES; ++i)
        prot[mmu->frame[i]] |= mmu->prot[i];
    for (size_t i = 0; i < AT_FAKE_MMU_FRAMES; ++i)
        aliases += (prot[i] & WRITE_AND_EXEC) == WRITE_AND_EXEC;
    return aliases;
}
