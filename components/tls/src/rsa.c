/* SPDX-License-Identifier: ISC */
/* RSA: signatures of servers, and their verification. */
#include <atman/tls/credentials.h>

#include "internal.h"

void at_tls_sign_rsa(void *server, const struct at_tls_identity *identity)
{
    br_ssl_server_context *context = server;

    keep_suites(&context->eng, false);
    br_ssl_server_set_single_rsa(context, identity->certificates, identity->certificate_count, identity->key,
                                 BR_KEYTYPE_SIGN, NULL, br_rsa_i62_pkcs1_sign);
}

void at_tls_verify_any(void *client, void *validator)
{
    br_ssl_client_context *context = client;

    at_tls_verify_ecdsa(client, validator);
    br_ssl_engine_set_rsavrfy(&context->eng, br_rsa_i62_pkcs1_vrfy);
    br_x509_minimal_set_rsa(validator, br_rsa_i62_pkcs1_vrfy);
}
