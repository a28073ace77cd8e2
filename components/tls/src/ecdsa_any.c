/* SPDX-License-Identifier: ISC */
/* Signatures on every curve, and the verification of others'. */
#include <atman/tls/credentials.h>

#include "curves.h"
#include "internal.h"

void at_tls_sign_ecdsa_any(void *server, const struct at_tls_identity *identity)
{
    br_ssl_server_context *context = server;

    keep_suites(&context->eng, true);
    br_ssl_server_set_single_ec(context, identity->certificates, identity->certificate_count, identity->key,
                                BR_KEYTYPE_SIGN, 0, &at_tls_all_curves, at_tls_ecdsa_sign);
}

void at_tls_verify_ecdsa(void *client, void *validator)
{
    br_ssl_client_context *context = client;

    /* Servers have keys on other curves than that of the key exchange. */
    br_ssl_engine_set_ec(&context->eng, &at_tls_all_curves);
    br_ssl_engine_set_ecdsa(&context->eng, at_tls_ecdsa_verify);
    br_x509_minimal_set_ecdsa(validator, &at_tls_all_curves, at_tls_ecdsa_verify);
}
