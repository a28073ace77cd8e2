/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_BASE_ENTROPY_H
#define ATMAN_BASE_ENTROPY_H

/* The entropy source: numbers that nobody else can guess, for keys, seeds and sequence numbers. */

#include <stddef.h>

#include <atman/base/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * at_entropy_fill writes `size` bytes of cryptographic quality to `out`. Never blocks for longer than it takes to make
 * them. Returns AT_OK, or AT_UNSUPPORTED when this machine has no source that can be trusted: `out` is then all zeroes
 * and the caller must refuse to go on, never fall back to a clock. A seam: the platform defines it.
 */
at_status at_entropy_fill(void *out, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_BASE_ENTROPY_H */
