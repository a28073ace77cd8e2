/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XEN_MEMORY_H
#define ATMAN_XEN_MEMORY_H

/*
 * The domain's reservation: giving machine frames back to Xen, getting others, and exchanging frames for ones that are
 * adjacent or low in machine memory.
 *
 * A PV guest keeps the list of its frames by page number (p2m) itself, and its page tables as well: nothing here does.
 * A frame that is given back or exchanged must not be mapped, granted or part of a page table. Nothing here blocks.
 *
 * Source: <xen/memory.h>.
 */

#include <atman/base/status.h>
#include <atman/xen/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * at_xen_memory_decrease gives `count` frames of this domain back, in their order, and stores in `*done` how many went.
 * One hypercall (XENMEM_decrease_reservation). Returns AT_OK, AT_AGAIN if fewer than `count` went (Xen does not say
 * why: the next one is mapped, or not this domain's), or what else Xen said.
 */
at_status at_xen_memory_decrease(size_t *done, const uint64_t *frames, size_t count);

/*
 * at_xen_memory_populate gets a frame for each of the `count` page numbers in `frames`, and replaces them there by the
 * machine frames; `*done` says how many of them, from the first on. Xen's table from frames to pages knows them then.
 * One hypercall (XENMEM_populate_physmap). Returns AT_OK, AT_NO_MEMORY if fewer than `count` came (the host has no
 * more, or the domain's limit is reached), or what else Xen said.
 */
at_status at_xen_memory_populate(size_t *done, uint64_t *frames, size_t count);

/*
 * at_xen_memory_exchange gives 1 << `order` frames for as many adjacent ones, aligned to their number and below
 * 1 << `address_bits` bytes of machine memory (0: anywhere), and stores the first in `*first`; they belong to the pages
 * from `page` on. One hypercall (XENMEM_exchange).
 *
 * Returns AT_OK; AT_NO_MEMORY when the host has none such; AT_DENIED when Xen does not let this domain have blocks of
 * that order (4.17: 9 unless configured); AT_INVALID; or what else Xen said. Nothing has changed then.
 */
at_status at_xen_memory_exchange(uint64_t *first, const uint64_t *frames, unsigned order, uint64_t page,
                                 unsigned address_bits);

/*
 * at_xen_memory_current stores how many pages this domain has, at_xen_memory_limit how many it may have. One hypercall.
 * AT_OK, or what Xen said.
 */
at_status at_xen_memory_current(uint64_t *pages);
at_status at_xen_memory_limit(uint64_t *pages);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_XEN_MEMORY_H */
