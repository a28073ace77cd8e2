/* SPDX-License-Identifier: ISC */
/* What the CPU can do, and SHA-256 by it. */
#include "cpu.h"

#include <cpuid.h>
#include <stddef.h>

#define LEAF_1_ECX                                                                                              \
    (1u << 26 | 1u << 22 | AT_TLS_CPU_AES_WORDS)          /* XSAVE and MOVBE tell Silvermont, which goes slower \
                                                           */
#define LEAF_7_EBX (AT_TLS_CPU_SHA | AT_TLS_CPU_MULX_ADX) /* AVX2 and the like need XCR0's consent: not asked */

/* BoringSSL's, of sha256-x86_64.S: `count` blocks of 64 bytes. */
void sha256_block_data_order_shaext(uint32_t state[8], const void *blocks, size_t count);
void sha256_block_data_order_ssse3(uint32_t state[8], const void *blocks, size_t count);

/* BearSSL's: the second is its own C, the first what it calls, and weak: see third_party/bearssl.BUILD. */
void br_sha2small_round(const unsigned char *block, uint32_t *state);
void br_sha2small_round_portable(const unsigned char *block, uint32_t *state);

void at_tls_cpu_look(void)
{
    unsigned eax, ebx, ecx, edx;

    if (OPENSSL_ia32cap_P[3] != 0)
        return;
    __cpuid(1, eax, ebx, ecx, edx); /* every x86-64 CPU has this leaf */
    OPENSSL_ia32cap_P[1] = ecx & LEAF_1_ECX;
    if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx))
        OPENSSL_ia32cap_P[2] = ebx & LEAF_7_EBX;
    OPENSSL_ia32cap_P[3] = 1;
}

/* One block. Everything of BearSSL's that hashes with SHA-256 comes here: two thirds of the instructions of its C. */
void br_sha2small_round(const unsigned char *block, uint32_t *state)
{
    if ((OPENSSL_ia32cap_P[2] & AT_TLS_CPU_SHA) != 0)
        sha256_block_data_order_shaext(state, block, 1);
    else if ((OPENSSL_ia32cap_P[1] & AT_TLS_CPU_SSSE3) != 0)
        sha256_block_data_order_ssse3(state, block, 1);
    else
        br_sha2small_round_portable(block, state);
}
