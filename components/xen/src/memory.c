/* SPDX-License-Identifier: ISC */
#include <atman/xen/memory.h>

#include <atman/xen/hypercall.h>
#include <xen/memory.h>

static struct xen_memory_reservation reservation(uint64_t *extents, size_t count, unsigned order)
{
    struct xen_memory_reservation r = {.nr_extents = count, .extent_order = order, .domid = DOMID_SELF};

    set_xen_guest_handle(r.extent_start, extents);
    return r;
}

/* Makes a call that returns how many extents it did; fewer than all is `few`. */
static at_status do_extents(size_t *done, unsigned command, uint64_t *extents, size_t count, at_status few)
{
    struct xen_memory_reservation r = reservation(extents, count, 0);
    long result = at_xen_memory_op(command, &r);

    *done = 0;
    if (result < 0)
        return at_xen_status(result);
    *done = (size_t)result < count ? (size_t)result : count;
    return *done == count ? AT_OK : few;
}

at_status at_xen_memory_decrease(size_t *done, const uint64_t *frames, size_t count)
{
    /* Xen reads the list only; its structure is shared with calls that write it. */
    return do_extents(done, XENMEM_decrease_reservation, (uint64_t *)(uintptr_t)frames, count, AT_AGAIN);
}

at_status at_xen_memory_populate(size_t *done, uint64_t *frames, size_t count)
{
    return do_extents(done, XENMEM_populate_physmap, frames, count, AT_NO_MEMORY);
}

at_status at_xen_memory_exchange(uint64_t *first, const uint64_t *frames, unsigned order, uint64_t page,
                                 unsigned address_bits)
{
    uint64_t extent = page;
    struct xen_memory_exchange exchange = {
        .in = reservation((uint64_t *)(uintptr_t)frames, (size_t)1 << order, 0),
        .out = reservation(&extent, 1, order),
    };
    long result;

    exchange.out.mem_flags = XENMEMF_address_bits(address_bits);
    result = at_xen_memory_op(XENMEM_exchange, &exchange);
    if (result != 0 || exchange.nr_exchanged != exchange.in.nr_extents)
        return result < 0 ? at_xen_status(result) : AT_NO_MEMORY;
    *first = extent;
    return AT_OK;
}

static at_status ask(uint64_t *pages, unsigned command)
{
    at_xen_domid self = DOMID_SELF;
    long result = at_xen_memory_op(command, &self);

    if (result < 0)
        return at_xen_status(result);
    *pages = (uint64_t)result;
    return AT_OK;
}

at_status at_xen_memory_current(uint64_t *pages)
{
    return ask(pages, XENMEM_current_reservation);
}

at_status at_xen_memory_limit(uint64_t *pages)
{
    return ask(pages, XENMEM_maximum_reservation);
}
