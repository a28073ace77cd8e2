/* SPDX-License-Identifier: ISC */
/*
 * BearSSL's ECDSA with other inverses. It computes them as powers, x^(m-2) mod m (Fermat), at 1.2 million instructions
 * on P-256; BearSSL's division, which takes constant time as well, computes 1/x at 80 thousand.
 */
#include "curves.h"

#include "i31.h"

#define WORDS (1 + (BR_MAX_EC_SIZE + 30) / 31) /* of a number on the largest curve, with the word for its length */

/* Makes `x` its inverse modulo the prime `modulus`, of which `exponent` is two less. */
static void inverse(uint32_t *x, const unsigned char *exponent, size_t size, const uint32_t *modulus,
                    uint32_t modulus0i, uint32_t *t1, uint32_t *t2)
{
    uint32_t divisor[WORDS], scratch[3 * WORDS];

    (void)exponent, (void)size, (void)t1, (void)t2;
    memcpy(divisor, x, ((modulus[0] + 63) >> 5) * sizeof *x);
    br_i31_zero(x, modulus[0]);
    x[1] = 1;
    br_i31_moddiv(x, divisor, modulus, modulus0i, scratch);
}
