/* SPDX-License-Identifier: ISC */
#include <atman/tls/cache.h>

#include <string.h>

#include <bearssl.h>

void at_tls_cache_init(struct at_tls_cache *cache, struct at_span store)
{
    br_ssl_session_cache_lru *lru = (void *)cache->memory;

    _Static_assert(sizeof *lru <= sizeof cache->memory, "BearSSL's cache does not fit");
    cache->store = store;
    br_ssl_session_cache_lru_init(lru, store.data, store.size);
}

void at_tls_cache_clear(struct at_tls_cache *cache)
{
    memset(cache->memory, 0, sizeof cache->memory); /* its secret among it: nothing stored can be found again */
    memset(cache->store.data, 0, cache->store.size);
    at_tls_cache_init(cache, cache->store);
}
