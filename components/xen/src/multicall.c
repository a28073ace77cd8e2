/* SPDX-License-Identifier: ISC */
#include <atman/xen/multicall.h>

#include <atman/base/bits.h>
#include <atman/xen/hypercall.h>

void at_xen_multicall_init(struct at_xen_multicall_batch *batch, struct multicall_entry *entries, unsigned capacity)
{
    *batch = (struct at_xen_multicall_batch){.entries = entries, .capacity = capacity};
}

at_status at_xen_multicall_add(struct at_xen_multicall_batch *batch, unsigned long number,
                               const unsigned long *arguments, unsigned count)
{
    struct multicall_entry *entry = &batch->entries[batch->count];

    if (count > AT_COUNT_OF(entry->args))
        return AT_INVALID;
    if (batch->count == batch->capacity)
        return AT_NO_SPACE;
    *entry = (struct multicall_entry){.op = number};
    for (unsigned i = 0; i < count; i++)
        entry->args[i] = arguments[i];
    batch->count++;
    return AT_OK;
}

long at_xen_multicall_result(const struct at_xen_multicall_batch *batch, unsigned index)
{
    return (long)batch->entries[index].result;
}

at_status at_xen_multicall_run(struct at_xen_multicall_batch *batch, unsigned *failed)
{
    unsigned count = batch->count, first = 0;
    long result;

    batch->count = 0;
    if (count == 0)
        return AT_OK;
    result = at_xen_multicall(batch->entries, count);
    if (result < 0) {
        first = count;
    } else {
        while (first < count && at_xen_multicall_result(batch, first) >= 0)
            first++;
        if (first == count)
            return AT_OK;
        result = at_xen_multicall_result(batch, first);
    }
    if (failed != NULL)
        *failed = first;
    return at_xen_status(result);
}
