/* SPDX-License-Identifier: ISC */
/* Elliptic curves: signatures of servers, and their verification. */
#include <atman/tls/credentials.h>

#include <bearssl.h>

void at_tls_sign_ecdsa(void *server, const struct at_tls_identity *identity)
{
    br_ssl_server_set_single_ec(server, identity->certificates, identity->certificate_count, identity->key,
                                BR_KEYTYPE_SIGN, 0, &br_ec_all_m31, br_ecdsa_i31_sign_asn1);
}

void at_tls_verify_ecdsa(void *client, void *validator)
{
    br_ssl_client_context *context = client;

    br_ssl_engine_set_ecdsa(&context->eng, br_ecdsa_i31_vrfy_asn1);
    br_x509_minimal_set_ecdsa(validator, &br_ec_all_m31, br_ecdsa_i31_vrfy_asn1);
}
