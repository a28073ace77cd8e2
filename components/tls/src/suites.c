/* SPDX-License-Identifier: ISC */
#include "internal.h"

static bool is_ecdsa(uint16_t suite)
{
    switch (suite) {
    case BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256:
    case BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256:
    case BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384:
    case BR_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: return true;
    }
    return false;
}

void keep_suites(br_ssl_engine_context *engine, bool ecdsa)
{
    uint16_t suites[BR_MAX_CIPHER_SUITES];
    size_t count = 0;

    for (size_t i = 0; i < engine->suites_num; i++) {
        if (is_ecdsa(engine->suites_buf[i]) == ecdsa)
            suites[count++] = engine->suites_buf[i];
    }
    br_ssl_engine_set_suites(engine, suites, count);
}
