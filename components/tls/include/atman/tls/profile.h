/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TLS_PROFILE_H
#define ATMAN_TLS_PROFILE_H

/*
 * What is spoken: versions and cipher suites. A kernel links the algorithms of the profiles that it names, no others.
 * The fastest implementation that the CPU has is chosen when a connection is opened (AES-NI, PCLMULQDQ, SSE2).
 */

#ifdef __cplusplus
extern "C" {
#endif

struct at_tls_profile {
    void (*install)(void *engine); /* br_ssl_engine_context */
};

/*
 * at_tls_modern returns the profile to use: TLS 1.2; ECDHE on P-256 (clients also offer X25519, P-384 and P-521);
 * AES-128-GCM, ChaCha20-Poly1305 and AES-256-GCM, in this order where the CPU has AES, else ChaCha20 first.
 */
const struct at_tls_profile *at_tls_modern(void);

/*
 * at_tls_legacy returns what at_tls_modern() has and, after it, TLS 1.0 and 1.1 and AES in CBC mode with SHA-1, for
 * peers that know nothing newer. RFC 8996 says not to.
 */
const struct at_tls_profile *at_tls_legacy(void);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_TLS_PROFILE_H */
