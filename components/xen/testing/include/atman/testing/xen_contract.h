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
#include <atman/xen/fifo.h>
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
    /* For the table's suite: maps the domain's `frames` somewhere, in their order, or returns NULL; and undoes it. */
    void *(*map_frames)(struct at_xen_contract_env *env, const uint64_t *frames, size_t count);
    void (*unmap_frames)(struct at_xen_contract_env *env, void *va, size_t count);
    struct evtchn_fifo_control_block *fifo_control; /* for the FIFO suite: zeroed, ... */
    uint64_t fifo_control_frame;
    event_word_t *fifo_words; /* ... a zeroed page ... */
    uint64_t fifo_words_frame;
    struct at_xen_fifo fifo; /* ... and what its first case makes of them: all 0 */
};

extern const struct at_contract_case at_xen_event_contract[];
extern const size_t at_xen_event_contract_count;

/* Switches the domain to FIFO event channels, for good: nothing that waits for two-level ones may follow. */
extern const struct at_contract_case at_xen_fifo_contract[];
extern const size_t at_xen_fifo_contract_count;

extern const struct at_contract_case at_xen_clock_contract[];
extern const size_t at_xen_clock_contract_count;

/* Leaves Xen writing to memory of the suite's own. */
extern const struct at_contract_case at_xen_vcpu_contract[];
extern const size_t at_xen_vcpu_contract_count;

extern const struct at_contract_case at_xen_grant_contract[];
extern const size_t at_xen_grant_contract_count;

/* Leaves a table of four frames, mapped elsewhere and with nothing given. */
extern const struct at_contract_case at_xen_grant_table_contract[];
extern const size_t at_xen_grant_table_contract_count;

extern const struct at_contract_case at_xen_mapping_contract[];
extern const size_t at_xen_mapping_contract_count;

extern const struct at_contract_case at_xen_console_contract[];
extern const size_t at_xen_console_contract_count;

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_TESTING_XEN_CONTRACT_H */
