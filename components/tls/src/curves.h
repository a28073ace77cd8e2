/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TLS_CURVES_H
#define ATMAN_TLS_CURVES_H

/* Elliptic curves for BearSSL, and signatures on them: faster than its own, in the same form. */

#include <bearssl.h>

/* P-256 alone; and with it P-384, P-521 and X25519, which are BearSSL's. */
extern const br_ec_impl at_tls_p256, at_tls_all_curves;

/*
 * BearSSL's br_ecdsa_i31_sign_asn1() and br_ecdsa_i31_vrfy_asn1(), from its own sources, but for the inverse of a
 * number, which is computed by division and not as a power: see signature.c.
 */
size_t at_tls_ecdsa_sign(const br_ec_impl *curves, const br_hash_class *hash, const void *hash_value,
                         const br_ec_private_key *key, void *signature);
uint32_t at_tls_ecdsa_verify(const br_ec_impl *curves, const void *hash, size_t hash_size, const br_ec_public_key *key,
                             const void *signature, size_t size);

#endif /* ATMAN_TLS_CURVES_H */
