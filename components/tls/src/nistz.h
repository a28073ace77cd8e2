/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TLS_NISTZ_H
#define ATMAN_TLS_NISTZ_H

/*
 * BoringSSL's P-256: its C file, since what is wanted of that are static functions, and the header of its small table.
 * What would tie the file to the rest of BoringSSL, a table of methods and an error queue, becomes nothing. For p256.c
 * alone.
 */
#pragma GCC system_header /* how upstream writes C is upstream's business */

#define _GNU_SOURCE /* a header of upstream's wants threads */
#define NDEBUG      /* upstream asserts what a group is, and there is none */

#include <openssl/err.h>

#include <crypto/fipsmodule/delocate.h>
#include <crypto/fipsmodule/ec/internal.h>

#undef DEFINE_METHOD_FUNCTION
#define DEFINE_METHOD_FUNCTION(type, name) static inline void name##_unused(type *out)
#undef OPENSSL_PUT_ERROR
#define OPENSSL_PUT_ERROR(library, reason) ((void)0)
#define ec_GFp_simple_is_at_infinity is_at_infinity

static int is_at_infinity(const EC_GROUP *group, const EC_RAW_POINT *point)
{
    (void)group;
    return (point->Z.words[0] | point->Z.words[1] | point->Z.words[2] | point->Z.words[3]) == 0;
}

#include <crypto/fipsmodule/ec/p256-nistz.c>
#include <third_party/fiat/p256_64.h>

#define BORINGSSL_NISTP256_64BIT 1
typedef uint64_t fiat_p256_felem[P256_LIMBS];

#include <crypto/fipsmodule/ec/p256_table.h>

#endif /* ATMAN_TLS_NISTZ_H */
