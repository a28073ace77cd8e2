/* SPDX-License-Identifier: ISC */
/* Signatures of servers on P-256. */
#include <atman/tls/credentials.h>

#include "curves.h"
#include "internal.h"

void at_tls_sign_ecdsa(void *server, const struct at_tls_identity *identity)
{
    br_ssl_server_context *context = server;

    keep_suites(&context->eng, true);
    br_ssl_server_set_single_ec(context, identity->certificates, identity->certificate_count, identity->key,
                                BR_KEYTYPE_SIGN, 0, &at_tls_p256, at_tls_ecdsa_sign);
}
