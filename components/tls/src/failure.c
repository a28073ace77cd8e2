/* SPDX-License-Identifier: ISC */
#include <atman/tls/failure.h>

#include <atman/base/bits.h>

static const struct {
    const char *name, *text;
} failures[] = {
    [AT_TLS_FINE] = {"AT_TLS_FINE", "nothing has gone wrong"},
    [AT_TLS_NO_ENTROPY] = {"AT_TLS_NO_ENTROPY", "this machine has no source of entropy, so nothing would be secret"},
    [AT_TLS_TRUNCATED] = {"AT_TLS_TRUNCATED", "the connection was cut off: bytes may be missing"},
    [AT_TLS_CARRIER] = {"AT_TLS_CARRIER", "what carries the connection failed"},
    [AT_TLS_BAD_RECORD] = {"AT_TLS_BAD_RECORD", "a record was changed on its way, or made up"},
    [AT_TLS_RECORD_TOO_BIG] = {"AT_TLS_RECORD_TOO_BIG", "the peer sent a record larger than the input buffer"},
    [AT_TLS_MALFORMED] = {"AT_TLS_MALFORMED", "the peer sent what TLS does not allow, or does not speak TLS"},
    [AT_TLS_NO_COMMON_VERSION] = {"AT_TLS_NO_COMMON_VERSION", "the peer speaks no version of TLS that is spoken here"},
    [AT_TLS_NO_COMMON_SUITE] = {"AT_TLS_NO_COMMON_SUITE", "the peer knows no cipher suite that is used here"},
    [AT_TLS_NO_COMMON_PROTOCOL] = {"AT_TLS_NO_COMMON_PROTOCOL", "the peer wants application protocols unknown here"},
    [AT_TLS_REFUSED] = {"AT_TLS_REFUSED", "the peer refused with an alert"},
    [AT_TLS_BAD_SIGNATURE] = {"AT_TLS_BAD_SIGNATURE", "the peer does not have the key of the certificate it showed"},
    [AT_TLS_CERTIFICATE_EXPIRED] = {"AT_TLS_CERTIFICATE_EXPIRED", "a certificate has expired or is not valid yet"},
    [AT_TLS_CERTIFICATE_UNTRUSTED] = {"AT_TLS_CERTIFICATE_UNTRUSTED", "no trusted authority issued the certificate"},
    [AT_TLS_CERTIFICATE_WRONG_NAME] = {"AT_TLS_CERTIFICATE_WRONG_NAME", "the certificate is for another name"},
    [AT_TLS_CERTIFICATE_FORGED] = {"AT_TLS_CERTIFICATE_FORGED", "a certificate's signature is wrong"},
    [AT_TLS_CERTIFICATE_MISUSED] = {"AT_TLS_CERTIFICATE_MISUSED", "a certificate is used for what it is not meant for"},
    [AT_TLS_CERTIFICATE_WEAK] = {"AT_TLS_CERTIFICATE_WEAK",
                                 "a certificate's key or signature is of a kind not accepted"},
    [AT_TLS_CERTIFICATE_MALFORMED] = {"AT_TLS_CERTIFICATE_MALFORMED", "a certificate cannot be read"},
    [AT_TLS_INTERNAL] = {"AT_TLS_INTERNAL", "the connection was configured in a way that cannot work"},
};

_Static_assert(AT_COUNT_OF(failures) == AT_TLS_FAILURE_COUNT, "a failure without a sentence");

const char *at_tls_failure_name(enum at_tls_failure failure)
{
    return (unsigned)failure < AT_COUNT_OF(failures) ? failures[failure].name : "AT_TLS_UNKNOWN";
}

const char *at_tls_failure_text(enum at_tls_failure failure)
{
    return (unsigned)failure < AT_COUNT_OF(failures) ? failures[failure].text : "no failure has this number";
}
