/* SPDX-License-Identifier: ISC */
/* All curves of TLS 1.2 that BearSSL knows, each by its fastest implementation. */
#include "curves.h"

static const br_ec_impl *of(int curve)
{
    if (curve == BR_EC_secp256r1)
        return &at_tls_p256;
    return curve == BR_EC_curve25519 ? &br_ec_c25519_m31 : &br_ec_prime_i31;
}

static const unsigned char *generator(int curve, size_t *size)
{
    return of(curve)->generator(curve, size);
}

static const unsigned char *order(int curve, size_t *size)
{
    return of(curve)->order(curve, size);
}

static size_t xoff(int curve, size_t *size)
{
    return of(curve)->xoff(curve, size);
}

static uint32_t mul(unsigned char *point, size_t size, const unsigned char *x, size_t x_size, int curve)
{
    return of(curve)->mul(point, size, x, x_size, curve);
}

static size_t mulgen(unsigned char *point, const unsigned char *x, size_t x_size, int curve)
{
    return of(curve)->mulgen(point, x, x_size, curve);
}

static uint32_t muladd(unsigned char *a, const unsigned char *b, size_t size, const unsigned char *x, size_t x_size,
                       const unsigned char *y, size_t y_size, int curve)
{
    return of(curve)->muladd(a, b, size, x, x_size, y, y_size, curve);
}

const br_ec_impl at_tls_all_curves = {
    .supported_curves = 1u << BR_EC_secp256r1 | 1u << BR_EC_secp384r1 | 1u << BR_EC_secp521r1 | 1u << BR_EC_curve25519,
    .generator = generator,
    .order = order,
    .xoff = xoff,
    .mul = mul,
    .mulgen = mulgen,
    .muladd = muladd,
};
