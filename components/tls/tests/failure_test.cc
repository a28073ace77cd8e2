// SPDX-License-Identifier: ISC
// Everything that must not work, and how it is told: certificates, disagreement, damage on the way, a broken carrier.

#include "fixture.h"

#include <bearssl.h>

#include <functional>

#include <atman/host/seams.h>

#include "chain_identity.h"
#include "misused_identity.h"
#include "rsa_authority_trust.h"
#include "rsa_server_identity.h"
#include "weak_server_identity.h"

namespace {

class FailureTest : public ::testing::Test {
 protected:
  void TearDown() override { at_host_entropy_redirect(nullptr, nullptr); }

  void OpenAndShake() {
    pair_.Open();
    pair_.Shake();
  }

  Pair pair_;
};

TEST_F(FailureTest, Failures_HaveNamesAndSentences) {
  for (int i = 0; i < AT_TLS_FAILURE_COUNT; ++i) {
    SCOPED_TRACE(i);
    EXPECT_EQ(strncmp(at_tls_failure_name(static_cast<at_tls_failure>(i)), "AT_TLS_", 7), 0);
    EXPECT_GT(strlen(at_tls_failure_text(static_cast<at_tls_failure>(i))), 10u);
  }
  EXPECT_STREQ(at_tls_failure_name(AT_TLS_FAILURE_COUNT), "AT_TLS_UNKNOWN");
  EXPECT_STREQ(at_tls_failure_name(static_cast<at_tls_failure>(-1)), "AT_TLS_UNKNOWN");
  EXPECT_STREQ(at_tls_failure_text(AT_TLS_FAILURE_COUNT), "no failure has this number");
}

TEST_F(FailureTest, BadServers_AreRefusedByTheClientWhichSaysWhy) {
  const uint64_t year_s = 366 * 86400;
  const struct {
    const char *what;
    std::function<void(PairOptions &)> spoil;
    at_tls_failure failure;
  } cases[] = {
      {"expired", [=](PairOptions &o) { o.time_s = kNow + 200 * year_s; }, AT_TLS_CERTIFICATE_EXPIRED},
      {"not valid yet", [](PairOptions &o) { o.time_s = 86400; }, AT_TLS_CERTIFICATE_EXPIRED},
      {"another name", [](PairOptions &o) { o.name = "other.test"; }, AT_TLS_CERTIFICATE_WRONG_NAME},
      {"no name below the wildcard", [](PairOptions &o) { o.name = "wild.test"; }, AT_TLS_CERTIFICATE_WRONG_NAME},
      {"two names below it", [](PairOptions &o) { o.name = "a.b.wild.test"; }, AT_TLS_CERTIFICATE_WRONG_NAME},
      {"another authority", [](PairOptions &o) { o.trust = &rsa_authority_trust; }, AT_TLS_CERTIFICATE_UNTRUSTED},
      {"an authority that is none", [](PairOptions &o) { o.identity = &misused_identity; }, AT_TLS_CERTIFICATE_MISUSED},
      {"a key of 1024 bits",
       [](PairOptions &o) {
         o.identity = &weak_server_identity;
         o.trust = &rsa_authority_trust;
       },
       AT_TLS_CERTIFICATE_WEAK},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(c.what);
    Pair pair;
    c.spoil(pair.options);
    pair.Open();
    pair.Shake();
    EXPECT_EQ(pair.client_status, AT_DENIED);
    EXPECT_STREQ(at_tls_failure_name(pair.ClientFailure()), at_tls_failure_name(c.failure));
    EXPECT_EQ(ReadText(pair.Client()), "AT_DENIED") << "and it stays so";
    EXPECT_EQ(WriteText(pair.Client(), "x"), AT_DENIED);
    EXPECT_EQ(at_stream_finish(pair.Client()), AT_DENIED);
    EXPECT_EQ(at_stream_wait(pair.Client(), AT_STREAM_IN | AT_STREAM_OUT, AT_NEVER), AT_OK);
    EXPECT_NE(pair.server_status, AT_OK);
  }
}

// `identity` with one bit changed in its own certificate, shortly before the end, where the signature is.
class Forged {
 public:
  explicit Forged(const at_tls_identity &original) : identity(original) {
    auto *chain = static_cast<const br_x509_certificate *>(original.certificates);
    chain_.assign(chain, chain + original.certificate_count);
    bytes_.assign(chain[0].data, chain[0].data + chain[0].data_len);
    bytes_[bytes_.size() - 5] ^= 1;
    chain_[0].data = bytes_.data();
    identity.certificates = chain_.data();
  }

  at_tls_identity identity;

 private:
  std::vector<br_x509_certificate> chain_;
  std::vector<unsigned char> bytes_;
};

TEST_F(FailureTest, ChangedCertificate_WasNotIssuedByTheAuthority) {
  Forged forged(server_identity);
  pair_.options.identity = &forged.identity;
  OpenAndShake();
  EXPECT_EQ(pair_.client_status, AT_DENIED);
  EXPECT_STREQ(at_tls_failure_name(pair_.ClientFailure()), "AT_TLS_CERTIFICATE_UNTRUSTED");
}

TEST_F(FailureTest, ChangedCertificateInALongerChain_IsForged) {
  Forged forged(chain_identity);
  pair_.options.identity = &forged.identity;
  OpenAndShake();
  EXPECT_EQ(pair_.client_status, AT_DENIED);
  EXPECT_STREQ(at_tls_failure_name(pair_.ClientFailure()), "AT_TLS_CERTIFICATE_FORGED");
}

TEST_F(FailureTest, LongerChain_IsAccepted) {
  pair_.options.identity = &chain_identity;
  OpenAndShake();
  EXPECT_EQ(pair_.client_status, AT_OK);
}

TEST_F(FailureTest, CertificateOfAnotherKey_IsBadSignature) {
  at_tls_identity identity = server_identity;
  identity.key = misused_identity.key;
  pair_.options.identity = &identity;
  OpenAndShake();
  EXPECT_EQ(pair_.client_status, AT_DENIED);
  EXPECT_EQ(pair_.ClientFailure(), AT_TLS_BAD_SIGNATURE);
}

const at_tls_profile *Only(void (*install)(void *)) {
  static at_tls_profile profile;
  profile.install = install;
  return &profile;
}

TEST_F(FailureTest, NoCommonVersion_BothSay) {
  pair_.options.client_profile = Only([](void *engine) {
    at_tls_legacy()->install(engine);
    br_ssl_engine_set_versions(static_cast<br_ssl_engine_context *>(engine), BR_TLS10, BR_TLS11);
  });
  OpenAndShake();
  EXPECT_EQ(pair_.server_status, AT_UNSUPPORTED);
  EXPECT_STREQ(at_tls_failure_name(pair_.ServerFailure()), "AT_TLS_NO_COMMON_VERSION");
  EXPECT_NE(pair_.client_status, AT_OK);
}

TEST_F(FailureTest, NoCommonSuite_BothSay) {
  pair_.options.client_profile = Only([](void *engine) {
    static const uint16_t suites[] = {BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256};
    at_tls_modern()->install(engine);
    br_ssl_engine_set_suites(static_cast<br_ssl_engine_context *>(engine), suites, 1);
  });
  pair_.options.trust = &rsa_authority_trust;
  OpenAndShake();
  EXPECT_EQ(pair_.server_status, AT_UNSUPPORTED);
  EXPECT_STREQ(at_tls_failure_name(pair_.ServerFailure()), "AT_TLS_NO_COMMON_SUITE");
  EXPECT_EQ(pair_.client_status, AT_DENIED);
  EXPECT_EQ(pair_.ClientFailure(), AT_TLS_REFUSED);
  EXPECT_EQ(at_tls_alert(&pair_.client.tls), 40u);
}

TEST_F(FailureTest, NoCommonProtocol_BothSay) {
  pair_.options.server_protocols = {"http/1.1"};
  pair_.options.client_protocols = {"imap"};
  OpenAndShake();
  EXPECT_EQ(pair_.server_status, AT_UNSUPPORTED);
  EXPECT_STREQ(at_tls_failure_name(pair_.ServerFailure()), "AT_TLS_NO_COMMON_PROTOCOL");
  EXPECT_EQ(pair_.ClientFailure(), AT_TLS_REFUSED);
  EXPECT_EQ(at_tls_alert(&pair_.client.tls), 120u);
}

TEST_F(FailureTest, NoEntropy_RefusesToOpenAndSaysSo) {
  uint8_t input[AT_TLS_INPUT_MIN];
  const at_tls_config config{at_tls_modern(), at_span_of(input, sizeof input), {}, nullptr, 0};
  const at_tls_peer peer{"server.test", &authority_trust, kNow, nullptr};
  at_host_entropy_redirect([](void *, void *, size_t) { return at_status{AT_UNSUPPORTED}; }, nullptr);
  EXPECT_EQ(at_tls_server_open(&pair_.server, at_pipe_stream(&pair_.pipe, 0), &config, &server_identity, nullptr),
            AT_UNSUPPORTED);
  EXPECT_EQ(pair_.ServerFailure(), AT_TLS_NO_ENTROPY);
  EXPECT_EQ(at_tls_client_open(&pair_.client, at_pipe_stream(&pair_.pipe, 1), &config, &peer), AT_UNSUPPORTED);
  EXPECT_EQ(pair_.ClientFailure(), AT_TLS_NO_ENTROPY);
  EXPECT_EQ(at_tls_handshake(&pair_.client.tls), AT_UNSUPPORTED);
  EXPECT_EQ(pair_.pipe.direction[1].writes, 0u) << "not a byte was sent";
}

TEST_F(FailureTest, BadConfigurations_AreRefused) {
  uint8_t input[AT_TLS_INPUT_MIN], output[AT_TLS_OUTPUT_MIN];
  const std::string longest(256, 'a');
  at_tls_config config{at_tls_modern(), at_span_of(input, sizeof input - 1), {}, nullptr, 0};
  at_tls_peer peer{"server.test", &authority_trust, kNow, nullptr};
  auto open = [&] { return at_tls_client_open(&pair_.client, at_pipe_stream(&pair_.pipe, 1), &config, &peer); };
  EXPECT_EQ(open(), AT_INVALID) << "input too small";
  config.input = at_span_of(input, sizeof input);
  config.output = at_span_of(output, sizeof output - 1);
  EXPECT_EQ(open(), AT_INVALID) << "output too small";
  config.output = at_span_of(output, sizeof output);
  EXPECT_EQ(open(), AT_OK);
  for (const char *name : {static_cast<const char *>(nullptr), "", longest.c_str()}) {
    peer.name = name;
    EXPECT_EQ(open(), AT_INVALID);
  }
}

TEST_F(FailureTest, RecordLargerThanTheBuffer_IsTooBig) {
  pair_.options.input = 2000;
  pair_.Open();
  // The client asks for small fragments; a server that ignores that is played by restoring its own limit.
  pair_.Shake();
  ASSERT_EQ(pair_.client_status, AT_OK);
  auto *engine = static_cast<br_ssl_engine_context *>(pair_.server.tls.engine);
  engine->max_frag_len = 16384;
  const std::string text(8000, 'x');
  size_t written;
  ASSERT_EQ(at_stream_write(pair_.Server(), &written, at_const_span_of(text.data(), text.size()), 0), AT_OK);
  EXPECT_EQ(ReadText(pair_.Client()).size(), 1024u) << "begun before the limit was changed";
  EXPECT_EQ(ReadText(pair_.Client()), "AT_TOO_BIG");
  EXPECT_EQ(pair_.ClientFailure(), AT_TLS_RECORD_TOO_BIG);
}

TEST_F(FailureTest, ChangedRecord_BreaksTheConnectionOnceAndForAll) {
  OpenAndShake();
  ASSERT_EQ(pair_.client_status, AT_OK);
  for (int offset = 5; offset < 40; offset += 7) {
    SCOPED_TRACE(offset);
    Pair pair;
    pair.Open();
    pair.Shake();
    pair.pipe.direction[1].faults.flip_at = pair.pipe.direction[1].written + 1 + offset;
    ASSERT_EQ(WriteText(pair.Client(), "fifteen letters"), AT_OK);
    EXPECT_EQ(ReadText(pair.Server()), "AT_PROTOCOL");
    EXPECT_EQ(pair.ServerFailure(), AT_TLS_BAD_RECORD);
    EXPECT_EQ(ReadText(pair.Server()), "AT_PROTOCOL");
  }
}

TEST_F(FailureTest, CarrierThatEnds_IsTruncationNotTheEnd) {
  OpenAndShake();
  ASSERT_EQ(WriteText(pair_.Server(), "half of the answ"), AT_OK);
  ASSERT_EQ(at_stream_finish(at_pipe_stream(&pair_.pipe, 0)), AT_OK);
  EXPECT_EQ(ReadText(pair_.Client()), "half of the answ");
  EXPECT_EQ(ReadText(pair_.Client()), "AT_IO");
  EXPECT_EQ(pair_.ClientFailure(), AT_TLS_TRUNCATED);
}

TEST_F(FailureTest, CarrierThatEndsAfterOurEnd_IsTheEnd) {
  OpenAndShake();
  ASSERT_EQ(at_stream_finish(pair_.Client()), AT_OK);
  ASSERT_EQ(at_stream_finish(at_pipe_stream(&pair_.pipe, 0)), AT_OK);
  EXPECT_EQ(ReadText(pair_.Client()), "AT_CLOSED");
  EXPECT_EQ(at_stream_wait(pair_.Client(), AT_STREAM_DRAINED, AT_NEVER), AT_OK);
  EXPECT_EQ(pair_.ClientFailure(), AT_TLS_FINE);
}

TEST_F(FailureTest, WhatIsNotTls_IsMalformed) {
  pair_.Open();
  ASSERT_EQ(WriteText(at_pipe_stream(&pair_.pipe, 1), "GET / HTTP/1.1\r\nHost: server.test\r\n\r\n"), AT_OK);
  pair_.server_status = at_tls_handshake(&pair_.server.tls);
  EXPECT_NE(pair_.server_status, AT_OK);
  EXPECT_NE(pair_.server_status, AT_AGAIN);
  EXPECT_TRUE(pair_.ServerFailure() == AT_TLS_MALFORMED || pair_.ServerFailure() == AT_TLS_NO_COMMON_VERSION);
}

TEST_F(FailureTest, CarrierCutAtAnyByte_NeverLooksLikeAnEnd) {
  OpenAndShake();
  const uint64_t whole = pair_.pipe.direction[0].written;
  for (uint64_t cut = 1; cut < whole; cut += 13) {
    SCOPED_TRACE(cut);
    Pair pair;
    pair.Open();
    pair.pipe.direction[0].faults.cut_at = cut;
    pair.Shake();
    EXPECT_EQ(pair.client_status, AT_IO);
    EXPECT_EQ(pair.ClientFailure(), AT_TLS_TRUNCATED);
  }
}

TEST_F(FailureTest, HandshakeSplitAtAnyByte_Succeeds) {
  OpenAndShake();
  for (unsigned side : {0u, 1u}) {
    const uint64_t whole = pair_.pipe.direction[side].written;
    for (uint64_t split = 1; split < whole; split += side == 0 ? 11 : 7) {
      SCOPED_TRACE(split);
      Pair pair;
      pair.Open();
      pair.pipe.direction[side].faults.split_at = split;
      pair.Shake();
      ASSERT_EQ(pair.client_status, AT_OK);
      ASSERT_EQ(pair.server_status, AT_OK);
    }
  }
}

TEST_F(FailureTest, HandshakeWithOneByteChanged_NeverSucceedsOnBothSides) {
  OpenAndShake();
  const uint64_t whole = pair_.pipe.direction[0].written;
  for (uint64_t at = 1; at <= whole; at += 29) {
    SCOPED_TRACE(at);
    Pair pair;
    pair.Open();
    pair.pipe.direction[0].faults.flip_at = at;
    pair.Shake();
    // A signature's length in DER is not always the same: the last bytes of one handshake are not in every other.
    if (pair.pipe.direction[0].written < at) {
      EXPECT_LT(whole - at, 8u);
      continue;
    }
    EXPECT_FALSE(pair.client_status == AT_OK && pair.server_status == AT_OK);
  }
}

TEST_F(FailureTest, NthCallOfTheCarrierFails_IsToldForEveryN) {
  for (unsigned side : {0u, 1u}) {
    for (bool writing : {false, true}) {
      unsigned n = 1;
      for (; n < 100; ++n) {
        SCOPED_TRACE(n);
        Pair pair;
        pair.options.pipe = 1200;
        pair.Open();
        at_pipe_faults &faults = pair.pipe.direction[writing ? side : 1 - side].faults;
        (writing ? faults.fail_write : faults.fail_peek) = n;
        faults.fail_status = AT_QUOTA;
        pair.Shake();
        const at_status status = side == 0 ? pair.server_status : pair.client_status;
        if (status == AT_OK) break;
        if (status == AT_AGAIN) {  // it cannot write, and waits for an end that the peer will not make
          EXPECT_TRUE(writing);
          EXPECT_EQ(WriteText(side == 0 ? pair.Server() : pair.Client(), "x"), AT_QUOTA);
          continue;
        }
        EXPECT_EQ(status, AT_QUOTA);
        EXPECT_EQ(side == 0 ? pair.ServerFailure() : pair.ClientFailure(), AT_TLS_CARRIER);
      }
      EXPECT_GT(n, 3u);
      EXPECT_LT(n, 100u);
    }
  }
}

// The carrier no longer takes anything, with the last words still to be sent.
TEST_F(FailureTest, CarrierThatTakesNothingMore_IsSaidByWhoeverNeedsIt) {
  OpenAndShake();
  ASSERT_EQ(pair_.client_status, AT_OK);
  at_pipe_direction &out = pair_.pipe.direction[1];
  size_t written;
  ASSERT_EQ(at_stream_write(pair_.Client(), &written, at_const_span_of("x", 1), AT_STREAM_MORE), AT_OK);
  out.faults.fail_write = out.writes + 1;
  out.faults.fail_status = AT_IO;
  EXPECT_EQ(at_stream_finish(pair_.Client()), AT_IO);
  EXPECT_EQ(at_stream_wait(pair_.Client(), AT_STREAM_OUT, AT_NEVER), AT_OK) << "to be told so";
  EXPECT_EQ(at_stream_wait(pair_.Client(), AT_STREAM_DRAINED, AT_NEVER), AT_OK);
  EXPECT_EQ(at_stream_wait(pair_.Client(), AT_STREAM_IN, 5), AT_TIMED_OUT) << "the other direction lives";
  EXPECT_EQ(WriteText(pair_.Client(), "y"), AT_IO);
  ASSERT_EQ(WriteText(pair_.Server(), "still heard"), AT_OK);
  EXPECT_EQ(ReadText(pair_.Client()), "still heard");
}

// It waited for ever.
TEST_F(FailureTest, CarrierThatTakesNothing_EndsTheHandshake) {
  for (unsigned end : {0u, 1u}) {
    Pair pair;
    pair.Open();
    pair.pipe.direction[end].faults.fail_write = 1;
    pair.pipe.direction[end].faults.fail_status = AT_IO;
    pair.Shake();
    EXPECT_EQ(end == 0 ? pair.server_status : pair.client_status, AT_IO);
    EXPECT_STREQ(at_tls_failure_name(end == 0 ? pair.ServerFailure() : pair.ClientFailure()), "AT_TLS_CARRIER");
  }
}

}  // namespace
