/* SPDX-License-Identifier: ISC */
/*
 * The map that xl's domain builder makes (Xen 4.17, tools/libs/guest): from VIRT_BASE on the image, p2m (eight bytes a
 * page, or elsewhere if INIT_P2M says so), three pages for start_info, XenStore and console, the page tables, a boot
 * stack, and at least 512 KiB more, up to the next multiple of 4 MiB. Each page of it must be memory that the guest
 * has.
 */
#include <inttypes.h>

#include "checks.h"

#define PAGE UINT64_C(4096)
#define MIB UINT64_C(0x100000)
#define PAGES_PER_MIB (MIB / PAGE)
/* Larger than any guest; and sums of a few such do not overflow. */
#define MAX_MIB (UINT64_C(1) << 24)

static uint64_t up(uint64_t bytes, uint64_t unit)
{
    return (bytes + unit - 1) / unit;
}

/* Tables for what begins at `from` and has `pages`, the top one not among them. */
static uint64_t tables(uint64_t from, uint64_t pages)
{
    uint64_t count = 0;

    for (unsigned level = 1; level <= 3; level++) {
        unsigned shift = 12 + 9 * level;

        count += ((from + (pages - 1) * PAGE) >> shift) - (from >> shift) + 1;
    }
    return count;
}

/* Pages that are mapped from VIRT_BASE on, when image and p2m have so many. */
static uint64_t mapped(uint64_t base, uint64_t image_pages, uint64_t p2m_pages)
{
    const uint64_t used = image_pages + p2m_pages + 3 + 1 + 512 * 1024 / PAGE;
    const uint64_t before = base % (4 * MIB) / PAGE;
    uint64_t pages = 0, needed = used;

    while (pages < needed) {
        pages = up(before + needed, 4 * MIB / PAGE) * (4 * MIB / PAGE) - before;
        needed = used + 1 + tables(base, pages);
    }
    return pages;
}

void lint_memory(const struct elf_file *file, const struct guest *guest, struct lint_report *report)
{
    uint64_t base = guest->virt_base == GUEST_UNSET ? 0 : guest->virt_base;
    uint64_t bytes = guest_address(guest, guest->end) - base;

    (void)file;
    for (uint64_t mib = up(bytes, MIB); mib != 0 && mib <= MAX_MIB; mib++) {
        uint64_t p2m_pages = up(mib * PAGES_PER_MIB * 8, PAGE), pages, total;

        pages = mapped(base, up(bytes, PAGE), guest_has_own_p2m(guest) ? 0 : p2m_pages);
        total = pages;
        if (guest_has_own_p2m(guest))
            total += p2m_pages + tables(guest->p2m, p2m_pages);
        if (total <= mib * PAGES_PER_MIB) {
            lint_say(report, LINT_NOTE,
                     "The least memory that it is built in is %" PRIu64 " MiB: the builder maps %" PRIu64
                     " pages, from VIRT_BASE 0x%" PRIx64 " to 0x%" PRIx64 ".",
                     mib, pages, base, base + pages * PAGE);
            return;
        }
        if (total / PAGES_PER_MIB > mib)
            mib = total / PAGES_PER_MIB - 1;
    }
    lint_say(report, LINT_ERROR, "It would need more memory than any guest has: it ends at 0x%" PRIx64 ".",
             guest_address(guest, guest->end));
}
