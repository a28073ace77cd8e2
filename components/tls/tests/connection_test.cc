// SPDX-License-Identifier: ISC
// A client and a server of this component talk to each other: what works, and what they agree on.

#include "fixture.h"

#include <bearssl.h>

#include <atman/testing/contract_gtest.h>
#include <atman/testing/stream_contract.h>

extern "C" {
#include "../src/cpu.h"
}

#include "rsa_authority_trust.h"
#include "rsa_server_identity.h"

namespace {

// The contract of streams, for whole and half duplex, small buffers and carriers that split and rest.

struct Env {
  at_stream_contract_env env{};  // first: what the cases get
  Pair pair;
  bool client_is_a;

  Env(const PairOptions &options, at_pipe_faults faults, bool client_is_a) : client_is_a(client_is_a) {
    pair.options = options;
    pair.Open();
    pair.pipe.direction[0].faults = pair.pipe.direction[1].faults = faults;
    pair.Shake();
    EXPECT_EQ(pair.server_status, AT_OK);
    EXPECT_EQ(pair.client_status, AT_OK);
    env.a = client_is_a ? pair.Client() : pair.Server();
    env.b = client_is_a ? pair.Server() : pair.Client();
    env.turn = [](void *ctx) {
      auto *self = static_cast<Env *>(ctx);
      at_tls_handshake(&self->pair.server.tls);
      at_tls_handshake(&self->pair.client.tls);
    };
    env.ctx = this;
  }
};

bool Register(const char *suite, PairOptions options, at_pipe_faults faults, bool client_is_a) {
  return AtRegisterContract(
      suite, at_stream_contract, at_stream_contract_count,
      [=]() -> void * { return new Env(options, faults, client_is_a); },
      [](void *env) { delete static_cast<Env *>(env); });
}

PairOptions Small() {
  PairOptions options;
  options.pipe = 1000;
  options.server_output = options.client_output = AT_TLS_OUTPUT_MIN;
  return options;
}

PairOptions HalfDuplex() {
  PairOptions options;
  options.server_output = options.client_output = 0;
  return options;
}

at_pipe_faults Slow() {
  at_pipe_faults faults{};
  faults.chunk = 7;
  faults.every_other = true;
  return faults;
}

const bool registered = Register("TlsServerContract", PairOptions(), at_pipe_faults{}, false) &&
                        Register("TlsClientContract", PairOptions(), at_pipe_faults{}, true) &&
                        Register("TlsSmallContract", Small(), at_pipe_faults{}, false) &&
                        Register("TlsHalfDuplexContract", HalfDuplex(), at_pipe_faults{}, true) &&
                        Register("TlsSlowCarrierContract", Small(), Slow(), true);

class ConnectionTest : public PairTest {};

TEST_F(ConnectionTest, Modern_IsTls12WithAesGcmOnThisCpu) {
  Connect();
  EXPECT_EQ(at_tls_version(&pair_.client.tls), 0x0303u);
  EXPECT_EQ(at_tls_version(&pair_.server.tls), 0x0303u);
  if (br_aes_x86ni_ctr_get_vtable() != nullptr) {
    EXPECT_EQ(at_tls_suite(&pair_.client.tls), unsigned{BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256});
  } else {
    EXPECT_EQ(at_tls_suite(&pair_.client.tls), unsigned{BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256});
  }
  EXPECT_STREQ(at_tls_server_name(&pair_.server.tls), "server.test");
  EXPECT_EQ(at_tls_protocol(&pair_.server.tls), nullptr);
}

// It prefers a cipher that needs no help.
TEST_F(ConnectionTest, Modern_IsChaCha20OnACpuWithoutAes) {
  const uint32_t without[4] = {0, 0, 0, 1};
  memcpy(OPENSSL_ia32cap_P, without, sizeof without);
  Connect();
  memset(OPENSSL_ia32cap_P, 0, sizeof OPENSSL_ia32cap_P);
  at_tls_cpu_look();
  EXPECT_EQ(at_tls_suite(&pair_.client.tls), unsigned{BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256});
  ASSERT_EQ(WriteText(pair_.Client(), "hello"), AT_OK);
  EXPECT_EQ(ReadText(pair_.Server()), "hello");
}

TEST_F(ConnectionTest, BeforeTheHandshake_NothingIsAgreedOn) {
  at_tls_session session;
  pair_.Open();
  memset(&session, 7, sizeof session);
  EXPECT_EQ(at_tls_protocol(&pair_.client.tls), nullptr);
  EXPECT_EQ(at_tls_suite(&pair_.client.tls), 0u);
  EXPECT_EQ(at_tls_version(&pair_.client.tls), 0u);
  at_tls_session_save(&pair_.client.tls, &session);
  pair_.options.session = &session;  // of which nothing can be taken up
  Connect();
  ASSERT_EQ(WriteText(pair_.Client(), "hello"), AT_OK);
  EXPECT_EQ(ReadText(pair_.Server()), "hello");
}

// What waits for the carrier's room is waited for as well, and not only what was asked for.
TEST_F(ConnectionTest, WaitForInput_WithRecordsThatHaveNoRoom) {
  pair_.options.pipe = 2000;
  Connect();
  const std::string text(3000, 'd');
  size_t written;
  ASSERT_EQ(at_stream_write(pair_.Server(), &written, at_const_span_of(text.data(), text.size()), 0), AT_OK);
  EXPECT_EQ(at_stream_wait(pair_.Server(), AT_STREAM_IN, 5), AT_TIMED_OUT);
  std::string got = ReadText(pair_.Client());
  if (got == "AT_AGAIN") got.clear();
  for (int i = 0; i < 10 && got.size() < text.size(); ++i) {
    at_stream_wait(pair_.Server(), AT_STREAM_IN, 5);
    std::string more = ReadText(pair_.Client());
    if (more != "AT_AGAIN") got += more;
  }
  EXPECT_EQ(got, text);
}

TEST_F(ConnectionTest, PlainText_IsNotOnTheCarrier) {
  Connect();
  pair_.pipe.direction[1].consumed = pair_.pipe.direction[1].written;  // lost, and looked at
  const uint64_t before = pair_.pipe.direction[1].written;
  ASSERT_EQ(WriteText(pair_.Client(), "a secret that must not be seen"), AT_OK);
  std::string carried;
  for (uint64_t i = before; i < pair_.pipe.direction[1].written; ++i)
    carried += static_cast<char>(pair_.pipe.direction[1].ring[i % pair_.pipe.direction[1].size]);
  EXPECT_GT(carried.size(), 30u);
  EXPECT_EQ(carried.find("secret"), std::string::npos);
}

TEST_F(ConnectionTest, RsaIdentity_IsAccepted) {
  pair_.options.identity = &rsa_server_identity;
  pair_.options.trust = &rsa_authority_trust;
  Connect();
  ASSERT_EQ(WriteText(pair_.Client(), "hello"), AT_OK);
  EXPECT_EQ(ReadText(pair_.Server()), "hello");
}

TEST_F(ConnectionTest, WildcardName_IsAccepted) {
  pair_.options.name = "any.wild.test";
  Connect();
}

TEST_F(ConnectionTest, Legacy_SpeaksModernWithModern) {
  pair_.options.client_profile = at_tls_legacy();
  Connect();
  EXPECT_EQ(at_tls_version(&pair_.client.tls), 0x0303u);
}

// A client that knows nothing newer than TLS 1.0.
const at_tls_profile *Ancient() {
  static const at_tls_profile profile = {[](void *engine) {
    at_tls_legacy()->install(engine);
    br_ssl_engine_set_versions(static_cast<br_ssl_engine_context *>(engine), BR_TLS10, BR_TLS10);
  }};
  return &profile;
}

TEST_F(ConnectionTest, AncientClient_IsServedOnlyByLegacy) {
  pair_.options.client_profile = Ancient();
  pair_.options.server_profile = at_tls_legacy();
  Connect();
  EXPECT_EQ(at_tls_version(&pair_.server.tls), 0x0301u);
  ASSERT_EQ(WriteText(pair_.Client(), "hello"), AT_OK);
  EXPECT_EQ(ReadText(pair_.Server()).substr(0, 1), "h");
}

// A client that knows one suite.
uint16_t only_suite;

const at_tls_profile *OnlyOneSuite() {
  static const at_tls_profile profile = {[](void *engine) {
    at_tls_legacy()->install(engine);
    br_ssl_engine_set_suites(static_cast<br_ssl_engine_context *>(engine), &only_suite, 1);
  }};
  return &profile;
}

TEST_F(ConnectionTest, EachSuite_IsSpokenByTheServerWithTheKeyForIt) {
  const struct {
    bool rsa, legacy;
    uint16_t suite;
  } cases[] = {
      {false, false, BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256},
      {false, false, BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256},
      {false, false, BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384},
      {false, true, BR_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA},
      {true, false, BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256},
      {true, false, BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256},
      {true, false, BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384},
      {true, true, BR_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA},
  };
  for (const auto &c : cases) {
    for (bool legacy_server : {false, true}) {
      SCOPED_TRACE(::testing::Message() << std::hex << c.suite << (legacy_server ? " legacy" : " modern"));
      Pair pair;
      only_suite = c.suite;
      pair.options.client_profile = OnlyOneSuite();
      pair.options.server_profile = legacy_server ? at_tls_legacy() : at_tls_modern();
      pair.options.identity = c.rsa ? &rsa_server_identity : &server_identity;
      pair.options.trust = c.rsa ? &rsa_authority_trust : &authority_trust;
      pair.Open();
      pair.Shake();
      if (c.legacy && !legacy_server) {
        EXPECT_STREQ(at_tls_failure_name(pair.ServerFailure()), "AT_TLS_NO_COMMON_SUITE");
        continue;
      }
      EXPECT_EQ(pair.client_status, AT_OK) << at_tls_failure_text(pair.ClientFailure());
      EXPECT_EQ(at_tls_suite(&pair.server.tls), c.suite);
      EXPECT_EQ(WriteText(pair.Client(), "hello"), AT_OK);
      EXPECT_EQ(WriteText(pair.Server(), "you"), AT_OK);
      EXPECT_EQ(ReadText(pair.Server()), "hello");
      EXPECT_EQ(ReadText(pair.Client()), "you");
    }
  }
}

TEST_F(ConnectionTest, SuitesOfAnotherKey_AreNotTaken) {
  only_suite = BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256;
  pair_.options.client_profile = OnlyOneSuite();
  pair_.options.trust = &rsa_authority_trust;
  pair_.Open();
  pair_.Shake();
  EXPECT_STREQ(at_tls_failure_name(pair_.ServerFailure()), "AT_TLS_NO_COMMON_SUITE");
}

TEST_F(ConnectionTest, Protocols_TheServersPreferenceWins) {
  pair_.options.server_protocols = {"h2", "http/1.1"};
  pair_.options.client_protocols = {"http/1.1", "h2"};
  Connect();
  EXPECT_STREQ(at_tls_protocol(&pair_.server.tls), "h2");
  EXPECT_STREQ(at_tls_protocol(&pair_.client.tls), "h2");
}

TEST_F(ConnectionTest, Session_IsTakenUpAgainWithoutKeyExchange) {
  uint8_t store[3 * AT_TLS_CACHE_SESSION];
  at_tls_cache cache;
  at_tls_session session{};
  at_tls_cache_init(&cache, at_span_of(store, sizeof store));
  pair_.options.cache = &cache;
  Connect();
  at_tls_session_save(&pair_.client.tls, &session);
  const uint64_t whole = pair_.pipe.direction[0].written;
  pair_.Close();
  pair_.options.session = &session;
  Connect();
  EXPECT_LT(pair_.pipe.direction[0].written, whole / 2) << "no certificate, no key exchange";
  ASSERT_EQ(WriteText(pair_.Client(), "again"), AT_OK);
  EXPECT_EQ(ReadText(pair_.Server()), "again");
  pair_.Close();
  at_tls_cache_clear(&cache);
  Connect();
  EXPECT_GE(pair_.pipe.direction[0].written, whole - 16) << "forgotten: the whole handshake";
}

TEST_F(ConnectionTest, FullCache_ForgetsTheOldestSession) {
  uint8_t store[2 * AT_TLS_CACHE_SESSION];
  at_tls_cache cache;
  at_tls_session sessions[3]{};
  uint64_t whole = 0;
  at_tls_cache_init(&cache, at_span_of(store, sizeof store));
  pair_.options.cache = &cache;
  for (at_tls_session &session : sessions) {
    Connect();
    at_tls_session_save(&pair_.client.tls, &session);
    whole = pair_.pipe.direction[0].written;
    pair_.Close();
  }
  for (int i : {2, 1}) {
    pair_.options.session = &sessions[i];
    Connect();
    EXPECT_LT(pair_.pipe.direction[0].written, whole / 2) << i;
    pair_.Close();
  }
  pair_.options.session = &sessions[0];
  Connect();
  EXPECT_GE(pair_.pipe.direction[0].written, whole - 16);
}

TEST_F(ConnectionTest, HalfDuplex_TakesNoOutputWhileInputLiesUnread) {
  pair_.options.server_output = 0;
  Connect();
  size_t written;
  ASSERT_EQ(WriteText(pair_.Client(), "question"), AT_OK);
  EXPECT_EQ(at_stream_wait(pair_.Server(), AT_STREAM_IN, 0), AT_OK);
  EXPECT_EQ(at_stream_write(pair_.Server(), &written, at_const_span_of("x", 1), 0), AT_AGAIN);
  EXPECT_EQ(at_stream_wait(pair_.Server(), AT_STREAM_OUT, AT_NEVER), AT_DEADLOCK);
  EXPECT_EQ(ReadText(pair_.Server()), "question");
  ASSERT_EQ(WriteText(pair_.Server(), "answer"), AT_OK);
  EXPECT_EQ(ReadText(pair_.Client()), "answer");
}

TEST_F(ConnectionTest, Drained_MeansThatTheCarrierHasItAll) {
  pair_.options.pipe = 2000;
  Connect();
  const std::string text(3000, 'd');
  size_t written;
  ASSERT_EQ(at_stream_write(pair_.Server(), &written, at_const_span_of(text.data(), text.size()), 0), AT_OK);
  EXPECT_EQ(at_stream_wait(pair_.Server(), AT_STREAM_DRAINED, 5), AT_TIMED_OUT);
  std::string got;
  for (int i = 0; i < 10; ++i) {
    std::string more = ReadText(pair_.Client());
    if (more != "AT_AGAIN") got += more;
    if (at_stream_wait(pair_.Server(), AT_STREAM_DRAINED, 5) == AT_OK && got.size() == text.size()) break;
  }
  EXPECT_EQ(got, text);
  EXPECT_EQ(at_stream_wait(pair_.Server(), AT_STREAM_DRAINED, 5), AT_OK);
}

TEST_F(ConnectionTest, Close_WipesMemoryAndAnswersEverything) {
  Connect();
  ASSERT_EQ(WriteText(pair_.Client(), "hello"), AT_OK);
  EXPECT_EQ(ReadText(pair_.Server()), "hello");
  pair_.Close();
  pair_.Close();
  EXPECT_TRUE(pair_.IsWiped());
  for (uint64_t word : pair_.server.memory) ASSERT_EQ(word, 0u);
  for (uint64_t word : pair_.client.memory) ASSERT_EQ(word, 0u);
  size_t written;
  EXPECT_EQ(at_tls_handshake(&pair_.client.tls), AT_CLOSED);
  EXPECT_EQ(ReadText(pair_.Client()), "AT_CLOSED");
  EXPECT_EQ(at_stream_write(pair_.Client(), &written, at_const_span_of("x", 1), 0), AT_CLOSED);
  EXPECT_EQ(at_stream_finish(pair_.Client()), AT_CLOSED);
  EXPECT_EQ(at_stream_wait(pair_.Client(), AT_STREAM_IN, AT_NEVER), AT_OK);
  EXPECT_EQ(at_stream_wait(pair_.Client(), AT_STREAM_DRAINED, AT_NEVER), AT_OK);
  EXPECT_STREQ(at_tls_server_name(&pair_.client.tls), "");
  EXPECT_EQ(at_tls_version(&pair_.client.tls), 0u);
}

TEST_F(ConnectionTest, ConsumingMoreThanWasShown_EndsTheProgram) {
  Connect();
  ASSERT_EQ(WriteText(pair_.Client(), "abc"), AT_OK);
  at_const_span bytes;
  ASSERT_EQ(at_stream_peek(pair_.Server(), &bytes), AT_OK);
  EXPECT_DEATH(at_stream_consume(pair_.Server(), 4), "there");
}

}  // namespace
