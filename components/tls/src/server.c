/* SPDX-License-Identifier: ISC */
#include "internal.h"

#include <atman/base/panic.h>
#include <atman/tls/cache.h>
#include <atman/tls/credentials.h>

#include "handshake.h"

#define RECORD_MIN 512
#define RECORD_MAX 16384 /* RFC 5246, 6.2.1 */

/*
 * Lets records be as large as the buffer for output. BearSSL keeps them to what fits both buffers, for the sake of a
 * client, which asks its server for as much. A server answers what it is asked (RFC 6066, 4), in powers of two: when
 * that is less than its own, the handshake takes it over.
 */
static void enlarge_records(br_ssl_engine_context *engine, const struct at_tls_config *config)
{
    size_t room = config->output.size == 0 ? config->input.size - (AT_TLS_INPUT_MIN - RECORD_MIN)
                                           : config->output.size - (AT_TLS_OUTPUT_MIN - RECORD_MIN);
    uint32_t size = RECORD_MIN;

    while (size * 2 <= room && size < RECORD_MAX)
        size *= 2;
    engine->max_frag_len = size;
    engine->log_max_frag_len = (unsigned char)__builtin_ctz(size);
}

at_status at_tls_server_open(struct at_tls_server *server, struct at_stream carrier, const struct at_tls_config *config,
                             const struct at_tls_identity *identity, struct at_tls_cache *cache)
{
    br_ssl_server_context *context = (void *)server->memory;
    at_status status;

    _Static_assert(sizeof *context <= sizeof server->memory, "BearSSL's server does not fit");
    br_ssl_server_zero(context);
    status = begin(&server->tls, carrier, config, context, sizeof server->memory);
    if (status != AT_OK)
        return status;
    enlarge_records(&context->eng, config);
    br_ssl_engine_add_flags(&context->eng, BR_OPT_ENFORCE_SERVER_PREFERENCES);
    identity->sign(context, identity);
    AT_ASSERT(context->eng.suites_num <= AT_TLS_SERVER_SUITES);
    if (cache != NULL)
        br_ssl_server_set_cache(context, &((br_ssl_session_cache_lru *)(void *)cache->memory)->vtable);
    if (!at_tls_server_reset(context))
        return give_up(&server->tls, AT_TLS_INTERNAL, AT_INVALID);
    return AT_OK;
}
