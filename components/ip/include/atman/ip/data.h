/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_IP_DATA_H
#define ATMAN_IP_DATA_H

/*
 * Received bytes where they lie: a chain of pieces, in the driver's pages or in the stack's memory.
 *
 * Trust: as long as a piece lies in a page that the driver shares with its peer (see <atman/netdev/netdev.h>), its
 * bytes may change while they are read. What is checked is copied first (at_ip_data_copy()); what is only passed on is
 * not.
 *
 * Held pieces are missing from the driver's ring. When more than half of a ring is held, the stack copies what comes
 * then, so holding is never a fault, only dear.
 */

#include <stddef.h>
#include <stdint.h>

#include <atman/base/span.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Received bytes. Whoever was given them owns them until at_ip_data_free(). */
struct at_ip_data;

/* at_ip_data_size returns how many bytes there are. O(1). */
size_t at_ip_data_size(const struct at_ip_data *data);

/*
 * at_ip_data_piece stores in `*piece` where the next bytes lie and moves `*place` behind them. `*place` is NULL before
 * the first call. Returns 1, or 0 when there is no further piece. O(1).
 */
int at_ip_data_piece(const struct at_ip_data *data, const void **place, struct at_span *piece);

/*
 * at_ip_data_copy copies up to `size` bytes from byte `offset` on to `out`. Returns how many: fewer only at the end.
 */
size_t at_ip_data_copy(const struct at_ip_data *data, size_t offset, void *out, size_t size);

/* at_ip_data_free gives the bytes back. Never blocks. */
void at_ip_data_free(struct at_ip_data *data);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_IP_DATA_H */
