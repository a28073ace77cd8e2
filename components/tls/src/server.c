/* SPDX-License-Identifier: ISC */
#include "internal.h"

#include <atman/base/panic.h>
#include <atman/tls/cache.h>
#include <atman/tls/credentials.h>

#include "handshake.h"

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
    br_ssl_engine_add_flags(&context->eng, BR_OPT_ENFORCE_SERVER_PREFERENCES);
    identity->sign(context, identity);
    AT_ASSERT(context->eng.suites_num <= AT_TLS_SERVER_SUITES);
    if (cache != NULL)
        br_ssl_server_set_cache(context, &((br_ssl_session_cache_lru *)(void *)cache->memory)->vtable);
    if (!at_tls_server_reset(context))
        return give_up(&server->tls, AT_TLS_INTERNAL, AT_INVALID);
    return AT_OK;
}
