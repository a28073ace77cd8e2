/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XEN_MULTICALL_H
#define ATMAN_XEN_MULTICALL_H

/*
 * Several hypercalls for the price of one entry into Xen, which is 240 instructions or more.
 *
 * It pays for calls that have no batch of their own (update_va_mapping, and different calls after one another); where a
 * call takes a list (mmu_update, GNTTABOP_*), the list is cheaper still. All calls are made, whatever the ones before
 * them returned. Not for calls that do not return as calls do (iret), nor for another multicall.
 *
 * Source: <xen/xen.h>, struct multicall_entry.
 */

#include <stddef.h>

#include <atman/base/status.h>
#include <atman/xen/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A batch over entries of the caller's. Every member is the component's own. */
struct at_xen_multicall_batch {
    struct multicall_entry *entries;
    unsigned count;
    unsigned capacity;
};

/* at_xen_multicall_init makes `batch` an empty one of at most `capacity` calls at `entries`. */
void at_xen_multicall_init(struct at_xen_multicall_batch *batch, struct multicall_entry *entries, unsigned capacity);

/*
 * at_xen_multicall_add appends hypercall `number` (__HYPERVISOR_*) with `count` arguments, at most 6, which are copied;
 * what they point at must stay until the batch has run.
 * Returns AT_OK; AT_NO_SPACE when the batch is full: run it first; AT_INVALID for more arguments.
 */
at_status at_xen_multicall_add(struct at_xen_multicall_batch *batch, unsigned long number,
                               const unsigned long *arguments, unsigned count);

/*
 * at_xen_multicall_run makes the calls in their order, in one hypercall, and empties the batch; none for an empty one.
 * It blocks if one of them does.
 *
 * Returns AT_OK when none failed. Otherwise the status of the first that did, whose place in the batch is then in
 * `*failed` (unless NULL); or, with `*failed` at the batch's length, of the multicall itself, and then none was made.
 */
at_status at_xen_multicall_run(struct at_xen_multicall_batch *batch, unsigned *failed);

/*
 * at_xen_multicall_result returns what the call at place `index` of the batch that ran last returned, by its own
 * definition. Valid until the next at_xen_multicall_add().
 */
long at_xen_multicall_result(const struct at_xen_multicall_batch *batch, unsigned index);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_XEN_MULTICALL_H */
