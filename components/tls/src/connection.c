/* SPDX-License-Identifier: ISC */
/* What both sides of a connection have in common. */
#include "internal.h"

#include <string.h>

#include <atman/base/bits.h>
#include <atman/base/entropy.h>
#include <atman/tls/profile.h>

#define SEED_SIZE 48 /* more than the generator, HMAC_DRBG with SHA-256, can hold */

/* Overwrites `size` bytes, even though nobody reads them again. */
static void wipe(void *memory, size_t size)
{
    if (size > 0)
        memset(memory, 0, size);
    __asm__ volatile("" : : "r"(memory) : "memory");
}

at_status give_up(struct at_tls *tls, enum at_tls_failure failure, at_status status)
{
    at_tls_close(tls);
    tls->failure = failure;
    tls->status = status;
    return status;
}

static bool fits(const struct at_tls_config *config)
{
    if (config->input.size < AT_TLS_INPUT_MIN)
        return false;
    return config->output.size == 0 || config->output.size >= AT_TLS_OUTPUT_MIN;
}

at_status begin(struct at_tls *tls, struct at_stream carrier, const struct at_tls_config *config, void *memory,
                size_t memory_size)
{
    br_ssl_engine_context *engine = memory;
    uint8_t seed[SEED_SIZE];
    at_status status;

    memset(tls, 0, sizeof *tls);
    if (!fits(config))
        return give_up(tls, AT_TLS_INTERNAL, AT_INVALID);
    tls->carrier = carrier;
    tls->engine = engine;
    tls->memory_size = memory_size;
    tls->input = config->input;
    tls->output = config->output;

    config->profile->install(engine);
    br_ssl_engine_add_flags(engine, BR_OPT_NO_RENEGOTIATION | BR_OPT_FAIL_ON_ALPN_MISMATCH);
    /* BearSSL's prototype forgets a const: it only reads the names. */
    br_ssl_engine_set_protocol_names(engine, (const char **)config->protocols, config->protocol_count);
    br_ssl_engine_set_buffers_bidi(engine, config->input.data, config->input.size,
                                   config->output.size == 0 ? NULL : config->output.data, config->output.size);

    status = at_entropy_fill(seed, sizeof seed);
    if (status != AT_OK)
        return give_up(tls, AT_TLS_NO_ENTROPY, AT_UNSUPPORTED);
    br_ssl_engine_inject_entropy(engine, seed, sizeof seed);
    wipe(seed, sizeof seed);
    return AT_OK;
}

void at_tls_close(struct at_tls *tls)
{
    if (tls->engine != NULL) {
        wipe(tls->engine, tls->memory_size);
        wipe(tls->input.data, tls->input.size);
        wipe(tls->output.data, tls->output.size);
    }
    memset(tls, 0, sizeof *tls);
    tls->status = AT_CLOSED;
}

const char *at_tls_protocol(const struct at_tls *tls)
{
    return is_established(tls) ? br_ssl_engine_get_selected_protocol(engine_of(tls)) : NULL;
}

const char *at_tls_server_name(const struct at_tls *tls)
{
    return tls->engine == NULL ? "" : br_ssl_engine_get_server_name(engine_of(tls));
}

unsigned at_tls_version(const struct at_tls *tls)
{
    return is_established(tls) ? br_ssl_engine_get_version(engine_of(tls)) : 0;
}

unsigned at_tls_suite(const struct at_tls *tls)
{
    return is_established(tls) ? engine_of(tls)->session.cipher_suite : 0;
}

void at_tls_session_save(const struct at_tls *tls, struct at_tls_session *session)
{
    br_ssl_session_parameters parameters = {.session_id_len = 0};

    _Static_assert(sizeof parameters <= sizeof session->memory, "a session does not fit");
    if (is_established(tls))
        br_ssl_engine_get_session_parameters(engine_of(tls), &parameters);
    memcpy(session->memory, &parameters, sizeof parameters);
    wipe(&parameters, sizeof parameters);
}

enum at_tls_failure at_tls_failure_of(const struct at_tls *tls)
{
    return tls->failure;
}

unsigned at_tls_alert(const struct at_tls *tls)
{
    return tls->alert;
}
