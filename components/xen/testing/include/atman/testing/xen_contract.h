/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TESTING_XEN_CONTRACT_H
#define ATMAN_TESTING_XEN_CONTRACT_H

/*
 * What component xen relies on of the hypervisor, and promises over it, as contract suites: they run on the host over
 * the fake Xen and, linked into a kernel, on the real one. A case that passes on one and fails on the other has found a
 * fake that lies.
 *
 * Every case leaves the domain as it found it.
 */

#include <atman/testing/contract.h>
#include <atman/xen/console.h>
#include <atman/xen/event.h>
#include <atman/xen/grant.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the cases run on. */
struct at_xen_contract_env {
    shared_info_t *shared;
    struct at_xen_grants *grants;   /* for the grant suite: nothing live, nothing set aside */
    struct at_xen_console *console; /* for the console suite: somebody reads it */
    void *page;                     /* for the grant suite: a page of the domain's ... */
    uint64_t frame;                 /* ... and its machine frame */
    uintptr_t window;               /* for the mapping suite: address of one unmapped page with page tables ... */
    at_xen_domid self;              /* ... and the domain's own id, to map a grant to itself */
};

extern const struct at_contract_case at_xen_event_contract[];
extern const size_t at_xen_event_contract_count;

extern const struct at_contract_case at_xen_clock_contract[];
extern const size_t at_xen_clock_contract_count;

extern const struct at_contract_case at_xen_grant_contract[];
extern const size_t at_xen_grant_contract_count;

extern const struct at_contract_case at_xen_mapping_contract[];
extern const size_t at_xen_mapping_contract_count;

extern const struct at_contract_case at_xen_console_contract[];
extern const size_t at_xen_console_contract_count;

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_TESTING_XEN_CONTRACT_H */
