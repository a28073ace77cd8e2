/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_BASE_BITS_H
#define ATMAN_BASE_BITS_H

/*
 * Powers of two, alignment and sums that must not wrap. Each is an instruction or two, so all of them are inline; none
 * touches memory but its output.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How many elements an array has. Not for pointers: on those it does not mean anything. */
#define AT_COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* at_bits_is_power_of_two returns whether exactly one bit of `value` is set. */
static inline bool at_bits_is_power_of_two(uint64_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

/* at_bits_lowest returns the number, 0 to 63, of the lowest bit set in `value`, which must not be 0. */
static inline unsigned at_bits_lowest(uint64_t value)
{
    return (unsigned)__builtin_ctzll(value);
}

/* at_bits_highest returns the number, 0 to 63, of the highest bit set in `value`, which must not be 0. */
static inline unsigned at_bits_highest(uint64_t value)
{
    return 63u - (unsigned)__builtin_clzll(value);
}

/* at_bits_align_down returns the largest multiple of `alignment`, a power of two, that is not above `value`. */
static inline uintptr_t at_bits_align_down(uintptr_t value, uintptr_t alignment)
{
    return value & ~(alignment - 1);
}

/*
 * at_bits_align_up returns the smallest multiple of `alignment`, a power of two, that is not below `value`; 0 when that
 * does not fit, as for every `value` within `alignment` - 1 of the end of the address space.
 */
static inline uintptr_t at_bits_align_up(uintptr_t value, uintptr_t alignment)
{
    return (value + alignment - 1) & ~(alignment - 1);
}

/* at_bits_is_aligned returns whether `value` is a multiple of `alignment`, a power of two. */
static inline bool at_bits_is_aligned(uintptr_t value, uintptr_t alignment)
{
    return (value & (alignment - 1)) == 0;
}

/* at_bits_add stores `a` + `b` in `*sum` and returns true; false when it does not fit: `*sum` then means nothing. */
static inline bool at_bits_add(size_t *sum, size_t a, size_t b)
{
    return !__builtin_add_overflow(a, b, sum);
}

/* at_bits_multiply is at_bits_add() for `a` * `b`. */
static inline bool at_bits_multiply(size_t *product, size_t a, size_t b)
{
    return !__builtin_mul_overflow(a, b, product);
}

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_BASE_BITS_H */
