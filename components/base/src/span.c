/* SPDX-License-Identifier: ISC */
#include <atman/base/span.h>

#include <stdbool.h>

/* Subtracts, never adds: `offset` + `size` may wrap. */
static bool is_inside(size_t whole, size_t offset, size_t size)
{
    return offset <= whole && size <= whole - offset;
}

at_status at_span_sub(struct at_span *sub, struct at_span span, size_t offset, size_t size)
{
    if (!is_inside(span.size, offset, size))
        return AT_RANGE;
    /* An empty span may have no data at all, and not even 0 may be added to NULL. */
    *sub = at_span_of(offset ? span.data + offset : span.data, size);
    return AT_OK;
}

at_status at_const_span_sub(struct at_const_span *sub, struct at_const_span span, size_t offset, size_t size)
{
    if (!is_inside(span.size, offset, size))
        return AT_RANGE;
    *sub = at_const_span_of(offset ? span.data + offset : span.data, size);
    return AT_OK;
}
