// SPDX-License-Identifier: ISC
// BearSSL's errors that no peer here can be made to cause, by the function that names them.

extern "C" {
#include "../src/internal.h"
}

#include "gtest/gtest.h"

namespace {

TEST(ErrorTest, EngineErrors_HaveAFailureAndAStatus) {
  const struct {
    int error;
    at_tls_failure failure;
    at_status status;
  } cases[] = {
      {BR_ERR_NO_RANDOM, AT_TLS_NO_ENTROPY, AT_UNSUPPORTED},
      {BR_ERR_BAD_STATE, AT_TLS_INTERNAL, AT_INVALID},
      {BR_ERR_TOO_LARGE, AT_TLS_RECORD_TOO_BIG, AT_TOO_BIG},
      {BR_ERR_BAD_MAC, AT_TLS_BAD_RECORD, AT_PROTOCOL},
      {BR_ERR_X509_WEAK_PUBLIC_KEY, AT_TLS_CERTIFICATE_WEAK, AT_DENIED},
      {BR_ERR_X509_EXTRA_ELEMENT, AT_TLS_CERTIFICATE_MALFORMED, AT_DENIED},
      {BR_ERR_BAD_LENGTH, AT_TLS_MALFORMED, AT_PROTOCOL},
      {BR_ERR_RECV_FATAL_ALERT + 40, AT_TLS_REFUSED, AT_DENIED},
      {BR_ERR_SEND_FATAL_ALERT + 40, AT_TLS_NO_COMMON_SUITE, AT_UNSUPPORTED},
      {BR_ERR_SEND_FATAL_ALERT + 70, AT_TLS_NO_COMMON_VERSION, AT_UNSUPPORTED},
      {BR_ERR_SEND_FATAL_ALERT + 120, AT_TLS_NO_COMMON_PROTOCOL, AT_UNSUPPORTED},
      {BR_ERR_SEND_FATAL_ALERT + 80, AT_TLS_MALFORMED, AT_PROTOCOL},
  };
  for (const auto &c : cases) {
    at_status status = AT_OK;
    EXPECT_STREQ(at_tls_failure_name(failure_of(c.error, &status)), at_tls_failure_name(c.failure)) << c.error;
    EXPECT_EQ(status, c.status) << c.error;
  }
}

}  // namespace
