/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_BASE_SPAN_H
#define ATMAN_BASE_SPAN_H

/*
 * Spans: bytes and how many there are, kept together.
 *
 * A span borrows: it says nothing about who owns the bytes, and whoever hands one out says how long they last. `data`
 * may be anything when `size` is 0. Offsets and lengths that came from a peer go through at_span_sub() before they
 * are used.
 */

#include <stddef.h>
#include <stdint.h>

#include <atman/base/status.h>

#ifdef __cplusplus
extern "C" {
#endif

struct at_span {
    uint8_t *data;
    size_t size; /* bytes */
};

struct at_const_span {
    const uint8_t *data;
    size_t size; /* bytes */
};

/* at_span_of returns the span of the `size` bytes at `data`. */
static inline struct at_span at_span_of(void *data, size_t size)
{
    struct at_span span = {(uint8_t *)data, size};
    return span;
}

/* at_const_span_of returns the read-only span of the `size` bytes at `data`. */
static inline struct at_const_span at_const_span_of(const void *data, size_t size)
{
    struct at_const_span span = {(const uint8_t *)data, size};
    return span;
}

/* at_span_readonly returns `span` as one through which nothing is written. */
static inline struct at_const_span at_span_readonly(struct at_span span)
{
    return at_const_span_of(span.data, span.size);
}

/*
 * at_span_sub makes `*sub` the `size` bytes of `span` from `offset` on. Any `offset` and `size` may be asked for;
 * nothing overflows. Returns AT_OK, or AT_RANGE when they are not all inside `span`; `*sub` is then left alone. `sub`
 * may point at the variable that `span` was copied from.
 */
at_status at_span_sub(struct at_span *sub, struct at_span span, size_t offset, size_t size);

/* at_const_span_sub is at_span_sub() for a read-only span. */
at_status at_const_span_sub(struct at_const_span *sub, struct at_const_span span, size_t offset, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_BASE_SPAN_H */
