/* SPDX-License-Identifier: ISC */
#include <atman/tls/profile.h>

#include <bearssl.h>

#include <atman/base/bits.h>

static void install(void *engine)
{
    static const uint16_t more[] = {
        BR_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
        BR_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
    };
    const br_block_cbcenc_class *encrypt = br_aes_x86ni_cbcenc_get_vtable();
    const br_block_cbcdec_class *decrypt = br_aes_x86ni_cbcdec_get_vtable();
    br_ssl_engine_context *context = engine;
    uint16_t suites[BR_MAX_CIPHER_SUITES];
    size_t count;

    at_tls_modern()->install(engine);
    count = context->suites_num;
    for (size_t i = 0; i < count; i++)
        suites[i] = context->suites_buf[i];
    for (size_t i = 0; i < AT_COUNT_OF(more); i++)
        suites[count++] = more[i];
    br_ssl_engine_set_suites(engine, suites, count);
    br_ssl_engine_set_versions(engine, BR_TLS10, BR_TLS12);
    br_ssl_engine_set_hash(engine, br_md5_ID, &br_md5_vtable); /* TLS 1.0 and 1.1 join both for their own needs */
    br_ssl_engine_set_hash(engine, br_sha1_ID, &br_sha1_vtable);
    br_ssl_engine_set_prf10(engine, br_tls10_prf);
    br_ssl_engine_set_cbc(engine, &br_sslrec_in_cbc_vtable, &br_sslrec_out_cbc_vtable);
    br_ssl_engine_set_aes_cbc(engine, encrypt != NULL ? encrypt : &br_aes_ct64_cbcenc_vtable,
                              decrypt != NULL ? decrypt : &br_aes_ct64_cbcdec_vtable);
}

const struct at_tls_profile *at_tls_legacy(void)
{
    static const struct at_tls_profile profile = {install};

    return &profile;
}
