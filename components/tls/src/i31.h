/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TLS_I31_H
#define ATMAN_TLS_I31_H

/*
 * BearSSL's ECDSA from its own sources, once more, under other names and with a function of ours, inverse(), for
 * br_i31_modpow(). For signature.c alone.
 */
#pragma GCC system_header /* how upstream writes C is upstream's business */

#include <inner.h>

static void inverse(uint32_t *x, const unsigned char *exponent, size_t size, const uint32_t *modulus,
                    uint32_t modulus0i, uint32_t *t1, uint32_t *t2);

#define br_i31_modpow inverse
#define br_ecdsa_i31_sign_asn1 at_tls_ecdsa_sign
#define br_ecdsa_i31_sign_raw at_tls_ecdsa_sign_raw
#define br_ecdsa_i31_vrfy_asn1 at_tls_ecdsa_verify
#define br_ecdsa_i31_vrfy_raw at_tls_ecdsa_verify_raw

size_t at_tls_ecdsa_sign_raw(const br_ec_impl *impl, const br_hash_class *hf, const void *hash_value,
                             const br_ec_private_key *sk, void *sig);
uint32_t at_tls_ecdsa_verify_raw(const br_ec_impl *impl, const void *hash, size_t hash_len, const br_ec_public_key *pk,
                                 const void *sig, size_t sig_len);

#include <ec/ecdsa_i31_sign_asn1.c>
#include <ec/ecdsa_i31_sign_raw.c>
#include <ec/ecdsa_i31_vrfy_asn1.c>
#include <ec/ecdsa_i31_vrfy_raw.c>

#endif /* ATMAN_TLS_I31_H */
