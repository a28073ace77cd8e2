/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_FUZZ_PEER_H
#define ATMAN_FUZZ_PEER_H

/*
 * A peer in the fuzzer's input: the bytes say what it does, and when. It shares memory with what is fuzzed and may
 * change it between any two loads, as another domain does on another CPU; the same input does the same again.
 *
 *     extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
 *         struct at_fuzz_peer *peer = at_fuzz_begin(data, size);
 *         at_fuzz_share(peer, ring, 4096);
 *         while (!at_fuzz_is_over(peer)) switch (at_fuzz_u8(peer) % 3) ...
 *         at_fuzz_unshare(peer);
 *         return 0;
 *     }
 *
 * The input is read from its front by at_fuzz_u8() and the like, and from its end by what changes shared memory.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct at_fuzz_peer;

/* at_fuzz_begin returns the peer that the input is. There is one; it lasts until the next call. */
struct at_fuzz_peer *at_fuzz_begin(const uint8_t *data, size_t size);

/* at_fuzz_is_over returns whether the input is used up. */
bool at_fuzz_is_over(const struct at_fuzz_peer *peer);

/* at_fuzz_u8, _u16 and _u32 return the next bytes of the input, zeros once it is over. */
uint8_t at_fuzz_u8(struct at_fuzz_peer *peer);
uint16_t at_fuzz_u16(struct at_fuzz_peer *peer);
uint32_t at_fuzz_u32(struct at_fuzz_peer *peer);

/* at_fuzz_bytes fills `out` with the next `size` bytes, zeros once the input is over. Of 0 bytes `out` may be NULL. */
void at_fuzz_bytes(struct at_fuzz_peer *peer, void *out, size_t size);

/*
 * at_fuzz_share lets the peer change `size` bytes at `memory`: from now on, before any load from there, the input
 * decides whether what is about to be loaded becomes something else. At most 4 pieces.
 */
void at_fuzz_share(struct at_fuzz_peer *peer, void *memory, size_t size);

/* at_fuzz_unshare ends all sharing: before the memory goes away. */
void at_fuzz_unshare(struct at_fuzz_peer *peer);

/* at_fuzz_changes returns how often shared memory was changed before a load, since at_fuzz_begin(). */
uint32_t at_fuzz_changes(const struct at_fuzz_peer *peer);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_FUZZ_PEER_H */
