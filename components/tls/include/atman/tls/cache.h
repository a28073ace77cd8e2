/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TLS_CACHE_H
#define ATMAN_TLS_CACHE_H

/*
 * A server's memory of sessions (RFC 5246, session identifiers): clients that come back skip key exchange and
 * signature, which are nearly all of a connection's cost. One cache serves every connection of one identity.
 *
 * It is bounded: the session that was used longest ago gives way to a new one. It holds secrets that decrypt recorded
 * traffic of these sessions, so it is a trade of forward secrecy for speed; leave it out where that matters more.
 */

#include <stdint.h>

#include <atman/base/span.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of memory for one session. */
#define AT_TLS_CACHE_SESSION 100

/* A cache. Every member is its own. Must not move. */
struct at_tls_cache {
    struct at_span store;
    uint64_t memory[11];
};

/*
 * at_tls_cache_init makes `cache` empty, over `store`, which must outlive it and have room for at least one session.
 * at_tls_cache_clear forgets every session and wipes it. Neither may be called while a connection uses the cache.
 */
void at_tls_cache_init(struct at_tls_cache *cache, struct at_span store);
void at_tls_cache_clear(struct at_tls_cache *cache);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_TLS_CACHE_H */
