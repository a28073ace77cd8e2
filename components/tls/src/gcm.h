/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TLS_GCM_H
#define ATMAN_TLS_GCM_H

/* The two halves of AES-GCM for BearSSL, by BoringSSL's assembly: for CPUs of which at_tls_cpu_has_aes() is true. */

#include <bearssl.h>

/* AES in counter mode: a br_block_ctr_class whose keys are br_aes_x86ni_ctr_keys. */
extern const br_block_ctr_class at_tls_aes_ctr;

/* GHASH: a br_ghash. */
void at_tls_ghash(void *y, const void *h, const void *data, size_t size);

#endif /* ATMAN_TLS_GCM_H */
