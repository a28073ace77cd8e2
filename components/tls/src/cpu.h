/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TLS_CPU_H
#define ATMAN_TLS_CPU_H

/* What the CPU can do that is of use here, in the form in which BoringSSL's assembly asks for it. */

#include <stdbool.h>
#include <stdint.h>

/*
 * CPUID's words: EDX and ECX of leaf 1, EBX of leaf 7 (Intel SDM, volume 2A), as far as they are used; the last one
 * says that they have been read. All zero: the CPU can do nothing special, which is always true. Upstream's name.
 */
extern uint32_t OPENSSL_ia32cap_P[4];

/* Bits of them. */
#define AT_TLS_CPU_AES_WORDS (1u << 25 | 1u << 19 | 1u << 9 | 1u << 1) /* in [1]: AES, SSE4.1, SSSE3, PCLMULQDQ */
#define AT_TLS_CPU_SSSE3 (1u << 9)                                     /* in [1] */
#define AT_TLS_CPU_SHA (1u << 29)                                      /* in [2] */
#define AT_TLS_CPU_MULX_ADX (1u << 8 | 1u << 19)                       /* in [2]; upstream asks for both */

/* at_tls_cpu_look reads what the CPU can do; once, for a hypervisor may have to answer. */
void at_tls_cpu_look(void);

static inline bool at_tls_cpu_has_aes(void)
{
    return (OPENSSL_ia32cap_P[1] & AT_TLS_CPU_AES_WORDS) == AT_TLS_CPU_AES_WORDS;
}

#endif /* ATMAN_TLS_CPU_H */
