/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TLS_CREDENTIALS_H
#define ATMAN_TLS_CREDENTIALS_H

/*
 * Who one is and whom one believes: constant data, made while building by the rules atman_tls_identity() and
 * atman_tls_trust() (components/tls/tls.bzl), each of which declares its object in a header of its own.
 *
 * The functions below are what such data names, so that a kernel links RSA only if a certificate needs it. No
 * application calls them; the void pointers are BearSSL's objects, which stay out of public headers.
 */

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A certificate chain, the owner's own first, and its private key. Whoever can read the image can read the key. */
struct at_tls_identity {
    const void *certificates; /* br_x509_certificate[] */
    size_t certificate_count;
    const void *key; /* br_ec_private_key or br_rsa_private_key */
    void (*sign)(void *server, const struct at_tls_identity *identity);
};

/* Certificates of authorities. */
struct at_tls_trust {
    const void *anchors; /* br_x509_trust_anchor[] */
    size_t anchor_count;
    void (*verify)(void *client, void *validator);
};

/* at_tls_sign_ecdsa (on P-256), at_tls_sign_ecdsa_any (and other curves) and at_tls_sign_rsa: for `sign`, by the key.
 */
void at_tls_sign_ecdsa(void *server, const struct at_tls_identity *identity);
void at_tls_sign_ecdsa_any(void *server, const struct at_tls_identity *identity);
void at_tls_sign_rsa(void *server, const struct at_tls_identity *identity);

/* at_tls_verify_ecdsa and at_tls_verify_any: for `verify`; the first knows no RSA and so offers no suite with it. */
void at_tls_verify_ecdsa(void *client, void *validator);
void at_tls_verify_any(void *client, void *validator);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_TLS_CREDENTIALS_H */
