/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TLS_FAILURE_H
#define ATMAN_TLS_FAILURE_H

/* Why a TLS connection did not come about or broke: finer than a status, and each with a sentence for people. */

#ifdef __cplusplus
extern "C" {
#endif

enum at_tls_failure {
    AT_TLS_FINE = 0,
    AT_TLS_NO_ENTROPY,
    AT_TLS_TRUNCATED,
    AT_TLS_CARRIER,
    AT_TLS_BAD_RECORD,
    AT_TLS_RECORD_TOO_BIG,
    AT_TLS_MALFORMED,
    AT_TLS_NO_COMMON_VERSION,
    AT_TLS_NO_COMMON_SUITE,
    AT_TLS_NO_COMMON_PROTOCOL,
    AT_TLS_REFUSED,
    AT_TLS_BAD_SIGNATURE,
    AT_TLS_CERTIFICATE_EXPIRED,
    AT_TLS_CERTIFICATE_UNTRUSTED,
    AT_TLS_CERTIFICATE_WRONG_NAME,
    AT_TLS_CERTIFICATE_FORGED,
    AT_TLS_CERTIFICATE_MISUSED,
    AT_TLS_CERTIFICATE_WEAK,
    AT_TLS_CERTIFICATE_MALFORMED,
    AT_TLS_INTERNAL,
    AT_TLS_FAILURE_COUNT
};

/*
 * at_tls_failure_name returns the failure's name as it is spelt above; at_tls_failure_text one sentence that says what
 * happened. "AT_TLS_UNKNOWN" and its sentence for a number that is no failure. Constant strings; from anywhere.
 */
const char *at_tls_failure_name(enum at_tls_failure failure);
const char *at_tls_failure_text(enum at_tls_failure failure);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_TLS_FAILURE_H */
