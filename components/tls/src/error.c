/* SPDX-License-Identifier: ISC */
/* BearSSL's error numbers (bearssl_ssl.h, bearssl_x509.h) as failures and statuses. */
#include "internal.h"

#include <atman/base/bits.h>

#define ALERT_HANDSHAKE_FAILURE 40 /* RFC 5246, 7.2 */
#define ALERT_PROTOCOL_VERSION 70
#define ALERT_NO_APPLICATION_PROTOCOL 120 /* RFC 7301, 3.2 */

static const struct {
    uint8_t error, failure;
} rows[] = {
    {BR_ERR_UNSUPPORTED_VERSION, AT_TLS_NO_COMMON_VERSION},
    {BR_ERR_TOO_LARGE, AT_TLS_RECORD_TOO_BIG},
    {BR_ERR_BAD_MAC, AT_TLS_BAD_RECORD},
    {BR_ERR_NO_RANDOM, AT_TLS_NO_ENTROPY},
    {BR_ERR_BAD_FINISHED, AT_TLS_BAD_RECORD},
    {BR_ERR_BAD_SIGNATURE, AT_TLS_BAD_SIGNATURE},
    {BR_ERR_INVALID_ALGORITHM, AT_TLS_NO_COMMON_SUITE},
    {BR_ERR_BAD_CIPHER_SUITE, AT_TLS_NO_COMMON_SUITE},
    {BR_ERR_WRONG_KEY_USAGE, AT_TLS_CERTIFICATE_MISUSED},
    {BR_ERR_BAD_STATE, AT_TLS_INTERNAL},
    {BR_ERR_X509_EXPIRED, AT_TLS_CERTIFICATE_EXPIRED},
    {BR_ERR_X509_TIME_UNKNOWN, AT_TLS_CERTIFICATE_EXPIRED},
    {BR_ERR_X509_NOT_TRUSTED, AT_TLS_CERTIFICATE_UNTRUSTED},
    {BR_ERR_X509_DN_MISMATCH, AT_TLS_CERTIFICATE_UNTRUSTED},
    {BR_ERR_X509_BAD_SERVER_NAME, AT_TLS_CERTIFICATE_WRONG_NAME},
    {BR_ERR_X509_BAD_SIGNATURE, AT_TLS_CERTIFICATE_FORGED},
    {BR_ERR_X509_NOT_CA, AT_TLS_CERTIFICATE_MISUSED},
    {BR_ERR_X509_FORBIDDEN_KEY_USAGE, AT_TLS_CERTIFICATE_MISUSED},
    {BR_ERR_X509_CRITICAL_EXTENSION, AT_TLS_CERTIFICATE_MISUSED},
    {BR_ERR_X509_WEAK_PUBLIC_KEY, AT_TLS_CERTIFICATE_WEAK},
    {BR_ERR_X509_UNSUPPORTED, AT_TLS_CERTIFICATE_WEAK},
    {BR_ERR_X509_WRONG_KEY_TYPE, AT_TLS_CERTIFICATE_WEAK},
};

static enum at_tls_failure named(int error)
{
    if (error >= BR_ERR_SEND_FATAL_ALERT) {
        switch (error - BR_ERR_SEND_FATAL_ALERT) {
        case ALERT_HANDSHAKE_FAILURE: return AT_TLS_NO_COMMON_SUITE;
        case ALERT_PROTOCOL_VERSION: return AT_TLS_NO_COMMON_VERSION;
        case ALERT_NO_APPLICATION_PROTOCOL: return AT_TLS_NO_COMMON_PROTOCOL;
        }
        return AT_TLS_MALFORMED;
    }
    if (error >= BR_ERR_RECV_FATAL_ALERT)
        return AT_TLS_REFUSED;
    for (size_t i = 0; i < AT_COUNT_OF(rows); i++) {
        if (rows[i].error == error)
            return rows[i].failure;
    }
    return error >= BR_ERR_X509_OK ? AT_TLS_CERTIFICATE_MALFORMED : AT_TLS_MALFORMED;
}

enum at_tls_failure failure_of(int error, at_status *status)
{
    enum at_tls_failure failure = named(error);

    switch (failure) {
    case AT_TLS_RECORD_TOO_BIG: *status = AT_TOO_BIG; break;
    case AT_TLS_NO_COMMON_VERSION:
    case AT_TLS_NO_COMMON_SUITE:
    case AT_TLS_NO_COMMON_PROTOCOL:
    case AT_TLS_NO_ENTROPY: *status = AT_UNSUPPORTED; break;
    case AT_TLS_INTERNAL: *status = AT_INVALID; break;
    case AT_TLS_BAD_RECORD:
    case AT_TLS_MALFORMED: *status = AT_PROTOCOL; break;
    default: *status = AT_DENIED;
    }
    return failure;
}
