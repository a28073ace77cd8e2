/* SPDX-License-Identifier: ISC */
/* XENMEM_*: a domain's pages and their machine frames, as far as a PV guest changes them itself. */

#include "fake_internal.h"

#include <atman/base/panic.h>

#include <string.h>
#include <xen/memory.h>

#define ORDER_MAX 9u /* of blocks that an ordinary domain may have: Xen's memop-max-order */

static bool is_mapped(const struct at_fake_xen *xen, uint64_t frame)
{
    for (uint32_t i = 0; i < xen->mapping_count; i++) {
        if (xen->mappings[i].used && xen->mappings[i].frame == frame)
            return true;
    }
    return false;
}

static bool is_free_to_go(const struct at_fake_xen *xen, const struct fake_domain *domain, uint64_t frame)
{
    return at_fake_xen_owner_(xen, frame) == domain->id && !is_mapped(xen, frame);
}

static void take_away(struct at_fake_xen *xen, struct fake_domain *domain, uint64_t frame)
{
    xen->owners[frame - FAKE_FIRST_FRAME] = FAKE_NOBODY;
    domain->pages--;
}

/* Finds `count` adjacent frames of nobody's, aligned to their number and below `end`. Returns 0 if there are none. */
static uint64_t find(const struct at_fake_xen *xen, uint32_t count, uint64_t end)
{
    for (uint64_t frame = FAKE_FIRST_FRAME; frame + count <= end; frame += count) {
        uint32_t free = 0;

        while (free < count && frame + free - FAKE_FIRST_FRAME < xen->config.pages &&
               xen->owners[frame + free - FAKE_FIRST_FRAME] == FAKE_NOBODY)
            free++;
        if (free == count)
            return frame;
    }
    return 0;
}

static uint64_t end_of_memory(const struct at_fake_xen *xen, unsigned address_bits)
{
    uint64_t end = FAKE_FIRST_FRAME + xen->config.pages;

    if (address_bits != 0 && address_bits < 64 && (uint64_t)1 << address_bits >> 12 < end)
        end = (uint64_t)1 << address_bits >> 12;
    return end;
}

static void own(struct at_fake_xen *xen, struct fake_domain *domain, uint64_t frame, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        xen->owners[frame + i - FAKE_FIRST_FRAME] = domain->id;
    memset(at_fake_xen_address(xen, frame), 0, count * FAKE_PAGE);
    domain->pages += count;
}

static long decrease(struct at_fake_xen *xen, struct fake_domain *domain, const struct xen_memory_reservation *r)
{
    for (unsigned long i = 0; i < r->nr_extents; i++) {
        if (!is_free_to_go(xen, domain, r->extent_start.p[i]))
            return (long)i;
        take_away(xen, domain, r->extent_start.p[i]);
    }
    return (long)r->nr_extents;
}

static long populate(struct at_fake_xen *xen, struct fake_domain *domain, const struct xen_memory_reservation *r)
{
    for (unsigned long i = 0; i < r->nr_extents; i++) {
        uint64_t frame = find(xen, 1, end_of_memory(xen, XENMEMF_get_address_bits(r->mem_flags)));

        if (frame == 0 || (domain->page_limit != 0 && domain->pages >= domain->page_limit))
            return (long)i;
        own(xen, domain, frame, 1);
        r->extent_start.p[i] = frame;
    }
    return (long)r->nr_extents;
}

/* One block for single frames: what a guest without devices of its own has a use for. */
static long exchange(struct at_fake_xen *xen, struct fake_domain *domain, struct xen_memory_exchange *e)
{
    uint32_t count = 1u << e->out.extent_order;
    uint64_t block;

    if (e->out.extent_order > ORDER_MAX)
        return -XEN_EPERM;
    if (e->in.extent_order != 0 || e->out.nr_extents != 1 || e->in.nr_extents != count || e->nr_exchanged != 0)
        return -XEN_EINVAL;
    for (uint32_t i = 0; i < count; i++) {
        if (!is_free_to_go(xen, domain, e->in.extent_start.p[i]))
            return -XEN_EINVAL;
    }
    /* Xen allocates before it frees. */
    block = find(xen, count, end_of_memory(xen, XENMEMF_get_address_bits(e->out.mem_flags)));
    if (block == 0)
        return -XEN_ENOMEM;
    for (uint32_t i = 0; i < count; i++)
        take_away(xen, domain, e->in.extent_start.p[i]);
    own(xen, domain, block, count);
    e->out.extent_start.p[0] = block;
    e->nr_exchanged = count;
    return 0;
}

long at_fake_xen_memory_op_(struct at_fake_xen *xen, struct fake_domain *domain, unsigned long command, void *argument)
{
    struct xen_memory_reservation *r = argument;
    struct xen_memory_exchange *e = argument;

    switch (command) {
    case XENMEM_decrease_reservation:
    case XENMEM_populate_physmap:
        if (r->domid != DOMID_SELF)
            return -XEN_EPERM;
        if (r->extent_order != 0)
            return -XEN_ENOSYS;
        return command == XENMEM_populate_physmap ? populate(xen, domain, r) : decrease(xen, domain, r);
    case XENMEM_exchange:
        return e->in.domid == DOMID_SELF && e->out.domid == DOMID_SELF ? exchange(xen, domain, e) : -XEN_EPERM;
    case XENMEM_current_reservation: return domain->pages;
    case XENMEM_maximum_reservation:
        return domain->page_limit != 0 ? (long)domain->page_limit : (long)xen->config.pages;
    default: return -XEN_ENOSYS;
    }
}

void at_fake_xen_set_page_limit(struct at_fake_xen *xen, at_xen_domid domid, uint32_t pages)
{
    at_fake_xen_domain_(xen, domid)->page_limit = pages;
}
