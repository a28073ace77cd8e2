/* SPDX-License-Identifier: ISC */
#include <atman/tls/profile.h>

#include <atman/base/bits.h>

#include "cpu.h"
#include "curves.h"
#include "gcm.h"

static void install(void *engine)
{
    /* Elliptic-curve certificates first in each pair. */
    static const uint16_t suites[] = {
        BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,       BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,       BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    };
    static const uint16_t suites_without_aes[] = {
        BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,       BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,       BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    };
    bool aes;

    at_tls_cpu_look();
    aes = at_tls_cpu_has_aes();
    br_ssl_engine_set_versions(engine, BR_TLS12, BR_TLS12);
    br_ssl_engine_set_suites(engine, aes ? suites : suites_without_aes, AT_COUNT_OF(suites));
    br_ssl_engine_set_ec(engine, &at_tls_p256); /* X25519 costs BearSSL three times as much; clients add it */
    br_ssl_engine_set_hash(engine, br_sha256_ID, &br_sha256_vtable);
    br_ssl_engine_set_hash(engine, br_sha384_ID, &br_sha384_vtable);
    br_ssl_engine_set_prf_sha256(engine, br_tls12_sha256_prf);
    br_ssl_engine_set_prf_sha384(engine, br_tls12_sha384_prf);
    br_ssl_engine_set_gcm(engine, &br_sslrec_in_gcm_vtable, &br_sslrec_out_gcm_vtable);
    br_ssl_engine_set_aes_ctr(engine, aes ? &at_tls_aes_ctr : &br_aes_ct64_ctr_vtable);
    br_ssl_engine_set_ghash(engine, aes ? at_tls_ghash : br_ghash_ctmul64);
    br_ssl_engine_set_chapol(engine, &br_sslrec_in_chapol_vtable, &br_sslrec_out_chapol_vtable);
    br_ssl_engine_set_chacha20(engine, br_chacha20_sse2_get()); /* every x86-64 CPU has SSE2 */
    br_ssl_engine_set_poly1305(engine, br_poly1305_ctmulq_get());
}

const struct at_tls_profile *at_tls_modern(void)
{
    static const struct at_tls_profile profile = {install};

    return &profile;
}
