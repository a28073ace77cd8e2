/* SPDX-License-Identifier: ISC */
/*
 * P-256 for BearSSL (a br_ec_impl) by BoringSSL's assembly: a tenth of the instructions that the curve code of
 * BearSSL 0.6 needs.
 *
 * BoringSSL's table of 150 KB for multiples of the generator is left out for its small one of 2 KB, and so the loop
 * over that is here.
 */
#include "nistz.h"

#include <string.h>

#include "cpu.h"
#include "curves.h"

#define COORDINATE 32
#define POINT (1 + 2 * COORDINATE) /* uncompressed: SEC 1, 2.3.3 */
#define TABLE_POINTS 15 /* each table has sums of the generator times 2^0, 2^64, 2^128 and 2^192, or 2^32 of it */

uint32_t OPENSSL_ia32cap_P[4]; /* here, where the assembly cannot do without it, also in a program that never looks */

/* The field's prime, and the curve's b (FIPS 186-4, D.1.2.3): little-endian words. */
static const uint64_t prime[P256_LIMBS] = {0xffffffffffffffff, 0x00000000ffffffff, 0, 0xffffffff00000001};
static const uint64_t two_to_512[P256_LIMBS] = {0x0000000000000003, 0xfffffffbffffffff, 0xfffffffffffffffe,
                                                0x00000004fffffffd}; /* times it: into Montgomery form */
static const uint64_t curve_b[P256_LIMBS] = {0x3bce3c3e27d2604b, 0x651d06b0cc53b0f6, 0xb3ebbd55769886bc,
                                             0x5ac635d8aa3a93e7};

static void words_from_bytes(uint64_t words[P256_LIMBS], const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < P256_LIMBS; i++)
        words[i] = 0;
    for (size_t i = 0; i < size; i++)
        words[i / 8] |= (uint64_t)bytes[size - 1 - i] << (i % 8 * 8);
}

/* 1 if `words` is less than the prime, else 0. */
static uint64_t is_reduced(const uint64_t words[P256_LIMBS])
{
    uint64_t borrow = 0;

    for (size_t i = 0; i < P256_LIMBS; i++)
        borrow = (words[i] < prime[i]) | ((words[i] == prime[i]) & borrow);
    return borrow;
}

/* Reads a point. Returns 1 if it is one: coordinates below the prime, and on the curve, y^2 = x^3 - 3x + b. */
static uint32_t decode(EC_RAW_POINT *point, const unsigned char *bytes)
{
    uint64_t x[P256_LIMBS], y[P256_LIMBS], b[P256_LIMBS], left[P256_LIMBS], right[P256_LIMBS], ok, differs;

    words_from_bytes(x, bytes + 1, COORDINATE);
    words_from_bytes(y, bytes + 1 + COORDINATE, COORDINATE);
    ok = is_reduced(x) & is_reduced(y) & (bytes[0] == 4);
    ecp_nistz256_mul_mont(x, x, two_to_512);
    ecp_nistz256_mul_mont(y, y, two_to_512);
    ecp_nistz256_mul_mont(b, curve_b, two_to_512);
    ecp_nistz256_sqr_mont(left, y);
    ecp_nistz256_sqr_mont(right, x);
    ecp_nistz256_mul_mont(right, right, x);
    for (int i = 0; i < 3; i++)
        fiat_p256_sub(right, right, x);
    fiat_p256_add(right, right, b);
    fiat_p256_sub(left, left, right);
    fiat_p256_nonzero(&differs, left);
    memcpy(point->X.words, x, COORDINATE);
    memcpy(point->Y.words, y, COORDINATE);
    memcpy(point->Z.words, ONE, COORDINATE);
    return (uint32_t)(ok & (differs == 0));
}

static void coordinate_to_bytes(unsigned char *bytes, const EC_FELEM *element)
{
    uint64_t plain[P256_LIMBS];

    ecp_nistz256_from_mont(plain, element->words);
    for (size_t i = 0; i < COORDINATE; i++)
        bytes[COORDINATE - 1 - i] = (unsigned char)(plain[i / 8] >> (i % 8 * 8));
}

/* Writes a point. Returns 0 if it is the one at infinity, which has no coordinates. */
static uint32_t encode(unsigned char *bytes, const EC_RAW_POINT *point)
{
    EC_FELEM x = {{0}}, y = {{0}};
    uint32_t ok = (uint32_t)ecp_nistz256_get_affine(NULL, point, &x, &y);

    bytes[0] = 4;
    coordinate_to_bytes(bytes + 1, &x);
    coordinate_to_bytes(bytes + 1 + COORDINATE, &y);
    return ok;
}

/* Copies the point of `table` whose number, from 1 on, is `digit`; 0: infinity. Reads all of them, whichever it is. */
static void select_point(P256_POINT_AFFINE *point, const fiat_p256_felem table[TABLE_POINTS][2], uint64_t digit)
{
    memset(point, 0, sizeof *point);
    for (uint64_t i = 0; i < TABLE_POINTS; i++) {
        uint64_t mask = ((i + 1) ^ digit) - 1;

        mask = 0 - (mask >> 63); /* all ones only for the point that is wanted */
        for (size_t word = 0; word < P256_LIMBS; word++) {
            point->X[word] |= table[i][0][word] & mask;
            point->Y[word] |= table[i][1][word] & mask;
        }
    }
}

/* The bits of `scalar` at `i` and every 64 above. */
static uint64_t digit_at(const EC_SCALAR *scalar, int i)
{
    uint64_t digit = 0;

    for (int word = P256_LIMBS - 1; word >= 0; word--)
        digit = digit << 1 | (scalar->words[word] >> i & 1);
    return digit;
}

/*
 * The generator times `scalar`, which is below the order, by a comb of two tables. No addition meets two equal points,
 * which upstream's cannot do: what was summed up so far has other binary digits than what a table holds.
 */
static void mul_generator(EC_RAW_POINT *result, const EC_SCALAR *scalar)
{
    P256_POINT sum;
    P256_POINT_AFFINE point;

    memset(&sum, 0, sizeof sum);
    for (int i = 31; i >= 0; i--) {
        ecp_nistz256_point_double(&sum, &sum);
        for (int table = 1; table >= 0; table--) {
            select_point(&point, fiat_p256_g_pre_comp[table], digit_at(scalar, i + 32 * table));
            ecp_nistz256_point_add_affine(&sum, &sum, &point);
        }
    }
    memcpy(result->X.words, sum.X, COORDINATE);
    memcpy(result->Y.words, sum.Y, COORDINATE);
    memcpy(result->Z.words, sum.Z, COORDINATE);
}

static uint32_t mul(unsigned char *point, size_t size, const unsigned char *x, size_t x_size, int curve)
{
    EC_RAW_POINT p;
    EC_SCALAR scalar;
    uint32_t ok;

    (void)curve;
    if (size != POINT || x_size > COORDINATE)
        return 0;
    ok = decode(&p, point);
    words_from_bytes(scalar.words, x, x_size);
    ecp_nistz256_point_mul(NULL, &p, &p, &scalar);
    return encode(point, &p) & ok;
}

static size_t mulgen(unsigned char *point, const unsigned char *x, size_t x_size, int curve)
{
    EC_RAW_POINT p;
    EC_SCALAR scalar;

    (void)curve;
    if (x_size > COORDINATE)
        return 0;
    words_from_bytes(scalar.words, x, x_size);
    mul_generator(&p, &scalar);
    encode(point, &p);
    return POINT;
}

static uint32_t muladd(unsigned char *a, const unsigned char *b, size_t size, const unsigned char *x, size_t x_size,
                       const unsigned char *y, size_t y_size, int curve)
{
    EC_RAW_POINT p, q;
    EC_SCALAR scalar;
    uint32_t ok;

    (void)curve;
    if (size != POINT || x_size > COORDINATE || y_size > COORDINATE)
        return 0;
    ok = decode(&p, a);
    words_from_bytes(scalar.words, x, x_size);
    ecp_nistz256_point_mul(NULL, &p, &p, &scalar);
    words_from_bytes(scalar.words, y, y_size);
    if (b == NULL) {
        mul_generator(&q, &scalar);
    } else {
        ok &= decode(&q, b);
        ecp_nistz256_point_mul(NULL, &q, &q, &scalar);
    }
    ecp_nistz256_add(NULL, &p, &p, &q);
    return encode(a, &p) & ok;
}

static const unsigned char *generator(int curve, size_t *size)
{
    static const unsigned char point[POINT] = {
        0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2,
        0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f,
        0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce,
        0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5};

    (void)curve;
    *size = POINT;
    return point;
}

static const unsigned char *order(int curve, size_t *size)
{
    static const unsigned char number[COORDINATE] = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
                                                     0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
                                                     0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};

    (void)curve;
    *size = COORDINATE;
    return number;
}

static size_t xoff(int curve, size_t *size)
{
    (void)curve;
    *size = COORDINATE;
    return 1;
}

const br_ec_impl at_tls_p256 = {(uint32_t)1 << BR_EC_secp256r1, generator, order, xoff, mul, mulgen, muladd};
